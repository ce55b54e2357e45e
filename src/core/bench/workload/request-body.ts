import type { AnswerForm, Endpoint } from '../../measurement/workload/endpoints.js';
import { messagesInput, messagesParameters } from './messages-input.js';
import { plainText } from './plain-text.js';
import { responsesInput, responsesParameters } from './responses-input.js';
import type { Turn } from './turn.js';

/** What all requests of a bench have in common. */
export interface BodyOptions {
  /** Absent: a stream of chat completions. */
  readonly form?: AnswerForm;
  readonly model: string;
  /** Whether the server understands `ignore_eos`; without it, answers may be shorter than planned. */
  readonly ignoreEos: boolean;
  /** Whether to request the usage with every chunk, and not only at the end. */
  readonly runningUsage?: boolean;
  /** Names of {@link ownParametersOf} that are not sent. */
  readonly omitted: readonly string[];
  /** Overrides everything else; null leaves a parameter out. */
  readonly extraBody: Readonly<Record<string, unknown>> | null;
}

const generation = ['model', 'max_tokens', 'temperature', 'stream'] as const;

const ownParameters: Readonly<Record<Endpoint, readonly string[]>> = {
  chat: [...generation, 'stream_options', 'ignore_eos'],
  completions: [...generation, 'stream_options', 'ignore_eos'],
  responses: ['model', 'max_output_tokens', 'temperature', 'stream', 'store', 'ignore_eos'],
  messages: [...generation, 'ignore_eos'],
  embeddings: ['model', 'encoding_format'],
};

/** The parameters of a request, besides its prompt, that the bench sets itself. */
export function ownParametersOf(endpoint: Endpoint): readonly string[] {
  return ownParameters[endpoint];
}

/** The JSON of one request. The temperature is 0, so that the same prompt costs the same each time. */
export function requestBody(turn: Turn, options: BodyOptions): string {
  const { omitted, extraBody } = options;
  // JSON leaves out what is undefined.
  const withoutOmitted = omitted.map((name) => [name, undefined] as const);
  const extra = Object.entries(extraBody ?? {}).map(([name, value]) => [name, value ?? undefined] as const);
  return JSON.stringify({ ...bodyOf(turn, options), ...Object.fromEntries([...withoutOmitted, ...extra]) });
}

function bodyOf(turn: Turn, options: BodyOptions): object {
  const { messages, outputTokens, parameters } = turn;
  const { model, ignoreEos, form = { endpoint: 'chat', streaming: true } } = options;
  const { streaming: stream } = form;
  const toTheEnd = ignoreEos ? { ignore_eos: true } : {};
  switch (form.endpoint) {
    case 'chat': {
      const limits = { max_tokens: outputTokens, temperature: 0 };
      return { model, messages, ...limits, ...streamOf(stream, options), ...toTheEnd, ...parameters };
    }
    case 'completions': {
      const limits = { max_tokens: outputTokens, temperature: 0 };
      return { model, prompt: plainText(messages), ...limits, ...streamOf(stream, options), ...toTheEnd };
    }
    case 'responses': {
      // Storing responses would be work that no other endpoint does.
      const limits = { max_output_tokens: outputTokens, temperature: 0, stream, store: false };
      return { model, input: responsesInput(messages), ...limits, ...toTheEnd, ...responsesParameters(parameters) };
    }
    case 'messages': {
      const limits = { max_tokens: outputTokens, temperature: 0, stream };
      return { model, ...messagesInput(messages), ...limits, ...toTheEnd, ...messagesParameters(parameters) };
    }
    case 'embeddings':
      return { model, input: plainText(messages), encoding_format: 'float' };
  }
}

/** OpenAI's older routes send the usage of a stream only on request. */
function streamOf(stream: boolean, { runningUsage = false }: BodyOptions): object {
  if (!stream) return { stream };
  return {
    stream,
    stream_options: { include_usage: true, ...(runningUsage ? { continuous_usage_stats: true } : {}) },
  };
}
