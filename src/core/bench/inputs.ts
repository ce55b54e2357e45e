import type { BenchOptions } from './plan/options.js';
import { type SamplesDestination, samplesDestination } from './record/samples-destination.js';
import type { Session } from './result/assemble-result.js';
import { readCertificates } from './target/certificates.js';
import { checkSendable } from './workload/plain-text.js';
import { type PromptsFile, readPromptsFile } from './workload/prompts-file.js';

/** The contents of this machine's files that a bench uses. */
export interface Inputs {
  /** Null without a file of prompts. */
  readonly prompts: PromptsFile | null;
  readonly trust: { readonly ca: string | null; readonly insecure: boolean };
  /** Null if no samples are wanted. */
  readonly samples: SamplesDestination | null;
}

/** @throws ChatstreamError `usage` or `output_failed` if a file cannot be read or written, or does not fit the endpoint */
export async function readInputs(options: BenchOptions): Promise<Inputs> {
  const { form, conversations, caPath, insecure, samplesPath } = options;
  const prompts =
    options.prompts.type === 'file' ? await readPromptsFile(options.prompts.path, conversations.live) : null;
  if (prompts !== null) checkSendable(form.endpoint, prompts, prompts.name);
  const trust = { ca: caPath === null ? null : await readCertificates(caPath), insecure };
  return { prompts, trust, samples: samplesPath === null ? null : samplesDestination(samplesPath) };
}

/** What the requests in a file are like. */
export function requestsIn(prompts: PromptsFile | null): Pick<Session['requests'], 'inFile' | 'haveOwnLengths'> {
  if (prompts === null) return { inFile: null, haveOwnLengths: false };
  return {
    inFile: prompts.conversations.reduce((sum, { length }) => sum + length, 0),
    haveOwnLengths: prompts.wishes.some(({ outputTokens, parameters }) => outputTokens !== null || parameters !== null),
  };
}
