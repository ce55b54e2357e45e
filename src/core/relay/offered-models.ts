import { ChatstreamError } from '../base/errors.js';
import { modelNotFoundError } from '../base/refusals/refusals.js';
import { noUpstreamError } from '../base/refusals/upstream-refusals.js';
import type { RelayExecutor } from './jobs/relay-executor.js';
import { anyModel } from './jobs/relay-job.js';

/** How soon to ask again for a model of an upstream that has never answered. */
const retryAfterSeconds = 5;

/** The names of all models, the usual one first. */
export function modelsOf(executors: readonly RelayExecutor[]): readonly string[] {
  return [...new Set(executors.flatMap(({ models }) => models ?? []))];
}

/**
 * The names by which clients can ask for a model, the usual one first. Without a model, there are none.
 *
 * @param aliases names that stand for the first model; `*`, which stands for any name, is not among them
 */
export function namesOf(executors: readonly RelayExecutor[], aliases: readonly string[]): readonly string[] {
  const [first, ...others] = modelsOf(executors);
  if (first === undefined) return [];
  const further = aliases.filter((alias) => alias !== '*' && !others.includes(alias));
  return [...new Set([first, ...further, ...others])];
}

/**
 * The model whose line a request joins.
 *
 * @param aliases names that stand for the first model, and `*` for any name
 * @throws ChatstreamError `model_not_found`, or `engine_unavailable` if an upstream that has not answered yet may have it
 */
export function modelFor(
  wanted: string | null,
  executors: readonly RelayExecutor[],
  aliases: readonly string[],
): string {
  const models = modelsOf(executors);
  const [first = null] = models;
  if (wanted !== null && models.includes(wanted)) return wanted;
  if (first !== null && (wanted === null || aliases.includes(wanted))) return first;
  if (executors.some((executor) => executor.models === null)) return anyModel;
  if (first !== null && aliases.includes('*')) return first;
  if (executors.some(({ kind }) => kind === 'unknown')) throw noUpstreamError(wanted, retryAfterSeconds);
  throw modelNotFoundError(wanted ?? '', first);
}

/** @throws ChatstreamError `invalid_request` for more generations than there are places */
export function assertPlaces(maxConcurrency: number, places: number): void {
  if (maxConcurrency <= places) return;
  throw new ChatstreamError('invalid_request', `max_concurrency can be at most ${places}, the upstreams' places.`, {
    param: 'max_concurrency',
    hint: 'Give an upstream more slots= to allow more.',
  });
}
