import { ChatstreamError } from '../../base/errors.js';

/** What ends a run before its time. */
export type AbortRule = {
  /** As it was given, such as `errors:10%`. */
  readonly text: string;
} &
  /** The queue grows without end. */
  (
    | { readonly type: 'overload' }
    /** More than this share of the requests has no answer. */
    | { readonly type: 'errors'; readonly share: number }
    /** An objective has been missed, however the rest of the run turns out. */
    | { readonly type: 'slo' }
  );

/** Without a number. */
const defaultErrorShare = 0.1;

/**
 * Reads `overload`, `errors`, `errors:10%` and `slo`.
 *
 * @throws ChatstreamError `usage` for anything else
 */
export function parseAbortRule(text: string): AbortRule {
  if (text === 'overload' || text === 'slo') return { type: text, text };
  const [match, percent] = /^errors(?::(\d+(?:\.\d+)?)%)?$/.exec(text) ?? [];
  const share = percent === undefined ? defaultErrorShare : Number(percent) / 100;
  if (match !== undefined && share > 0 && share < 1) return { type: 'errors', share, text };
  throw new ChatstreamError('usage', `"${text}" is not a reason to end a run.`, {
    hint: 'Write overload, slo, or errors:10% with the share of requests without an answer.',
  });
}
