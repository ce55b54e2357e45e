import { createWriteStream, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { ChatstreamError, messageOf } from '../../base/errors.js';
import type { RequestOutcome } from '../client/outcome.js';
import { outputTokensOf, type RequestMetrics } from './request-metrics.js';

/** Empties the file, or says now rather than after the measurement that it cannot be written. */
export function beginSamplesFile(path: string): void {
  try {
    writeFileSync(path, '');
  } catch (error) {
    throw new ChatstreamError('usage', `The samples cannot be written: ${messageOf(error)}.`, {
      hint: 'Give --samples a path in a folder that exists and may be written to.',
      cause: error,
    });
  }
}

/** One JSON line for each counted request, appended as they end. Several threads may append to the same file. */
export class SamplesFile {
  readonly #stream;
  readonly #run: number;
  #error: Error | undefined;

  constructor(path: string, run: number) {
    this.#stream = createWriteStream(path, { flags: 'a' });
    this.#run = run;
    this.#stream.on('error', (error) => {
      this.#error = error;
    });
  }

  write(outcome: RequestOutcome, metrics: RequestMetrics | null): void {
    if (this.#error !== undefined) return;
    this.#stream.write(`${JSON.stringify(sampleOf(this.#run, outcome, metrics))}\n`);
  }

  /** @returns what went wrong, such as a full disk; the measurement itself is not affected */
  async close(): Promise<Error | undefined> {
    if (this.#error === undefined) {
      this.#stream.end();
      await Promise.race([once(this.#stream, 'close'), once(this.#stream, 'error')]).catch(() => undefined);
    }
    return this.#error;
  }
}

function sampleOf(run: number, outcome: RequestOutcome, metrics: RequestMetrics | null): object {
  const { status, intendedUs, sendUs, endUs, reconnects } = outcome;
  const head = { run: run + 1, state: status, intended_us: intendedUs, send_us: sendUs, end_us: endUs, reconnects };
  if (outcome.status !== 'completed') return { ...head, code: outcome.code, message: outcome.message };
  const { tokens, source } = outputTokensOf(outcome);
  return {
    ...head,
    prompt_tokens: outcome.promptTokens,
    output_tokens: tokens,
    output_tokens_source: source,
    token_chunks: outcome.tokenChunks,
    queue_wait_source: outcome.serverTimings?.source ?? 'unavailable',
    metrics_us: metrics,
  };
}
