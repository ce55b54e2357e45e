import type { Turn } from './workload.js';

/** What all requests of a bench have in common. */
export interface BodyOptions {
  readonly model: string;
  /** Whether the server knows `ignore_eos`; without it answers may be shorter than planned. */
  readonly ignoreEos: boolean;
  /** Wins over everything. */
  readonly extraBody: Readonly<Record<string, unknown>> | null;
}

/** The JSON of one streaming request. Temperature 0, so that the same prompt costs the same each time. */
export function requestBody({ messages, outputTokens }: Turn, { model, ignoreEos, extraBody }: BodyOptions): string {
  return JSON.stringify({
    model,
    messages,
    max_tokens: outputTokens,
    temperature: 0,
    stream: true,
    stream_options: { include_usage: true },
    ...(ignoreEos ? { ignore_eos: true } : {}),
    ...extraBody,
  });
}
