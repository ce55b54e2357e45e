import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { fileReason } from '../../base/files/file-errors.js';
import type { RequestOutcome } from '../client/outcome.js';
import { isBurst } from './answers/burst.js';
import { hiddenTokensOf, outputTokensOf } from './answers/output-tokens.js';
import type { RequestMetrics } from './answers/request-metrics.js';
import { isOutputFile, standardOutput } from './standard-output.js';

/** The sender of a request, and which of two servers it went to. */
export interface Sender {
  /** The number of the user's message in its conversation, from 1; null if it stands alone. */
  readonly turn: number | null;
  /** The name of its tenant; null without tenants. */
  readonly tenant: string | null;
  /** Absent if there is only one server. */
  readonly server?: 'candidate' | 'baseline';
}

/** One JSON line for each counted request, appended as they end. Several threads may append to the same file. */
export class SamplesFile {
  readonly #stream;
  readonly #run: number;
  #failure: string | null = null;

  constructor(path: string, run: number) {
    this.#stream = createWriteStream(
      path,
      isOutputFile(path) ? { fd: standardOutput, autoClose: false } : { flags: 'a' },
    );
    this.#run = run;
    this.#stream.on('error', (error) => {
      this.#failure ??= fileReason(error);
    });
  }

  /** Why not all samples were written, such as a full disk; null while nothing has gone wrong. */
  get failure(): string | null {
    return this.#failure;
  }

  write(outcome: RequestOutcome, metrics: RequestMetrics | null, sender: Sender): void {
    if (this.#failure !== null) return;
    this.#stream.write(`${JSON.stringify(sampleOf(this.#run, outcome, metrics, sender))}\n`);
  }

  /** Resolves when everything is written, or can no longer be. */
  async close(): Promise<void> {
    if (this.#failure !== null) return;
    this.#stream.end();
    // The listener has stored the error.
    await finished(this.#stream).catch(() => undefined);
  }
}

function sampleOf(run: number, outcome: RequestOutcome, metrics: RequestMetrics | null, sender: Sender): object {
  const { status, intendedUs, sendUs, endUs, reconnects } = outcome;
  const times = { intended_us: intendedUs, send_us: sendUs, end_us: endUs };
  const head = { run: run + 1, state: status, ...times, reconnects, ...sender };
  if (outcome.status !== 'completed') return { ...head, code: outcome.code, message: outcome.message };
  const { tokens, source } = outputTokensOf(outcome);
  return {
    ...head,
    prompt_tokens: outcome.promptTokens,
    output_tokens: source === 'none' ? null : tokens,
    output_tokens_source: source,
    token_chunks: outcome.tokenChunks,
    queue_wait_source: outcome.serverTimings?.source ?? 'unavailable',
    metrics_us: metrics,
    cached_tokens: outcome.cachedTokens?.tokens ?? null,
    hidden_reasoning_tokens: hiddenTokensOf(outcome),
    burst: isBurst(outcome),
  };
}
