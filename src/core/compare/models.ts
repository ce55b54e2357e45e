import { ChatstreamError } from '../base/errors.js';
import type { TargetDescription } from '../measurement/result-schema.js';
import { isAllowed } from './differences.js';

/** The names of the models of two servers, as these report them. */
export interface TwoModels {
  readonly baseline: string;
  readonly candidate: string;
}

/**
 * The models of two servers that are measured in one run, if they differ and nothing says that they may: this may just
 * as well be a wrong address.
 *
 * @param allowed differences that do not matter, as `--allow` names them
 */
export function unexpectedModels(
  { baseline, candidate }: { readonly baseline: Modelled; readonly candidate: Modelled },
  allowed: readonly string[],
): TwoModels | null {
  const [before, after] = [baseline.target.model, candidate.target.model];
  return before === after || isAllowed('model', allowed) ? null : { baseline: before, candidate: after };
}

interface Modelled {
  readonly target: Pick<TargetDescription, 'model'>;
}

/**
 * Refuses {@link unexpectedModels}, as `--strict` does.
 *
 * @throws ChatstreamError `usage` that names both
 */
export function checkModels(models: TwoModels | null): void {
  if (models === null) return;
  const names = `"${models.baseline}" (baseline) and "${models.candidate}" (candidate)`;
  throw new ChatstreamError('usage', `With --strict, two servers must have the same model: they have ${names}.`, {
    hint: 'Correct --url or --versus, or name a model that both have with --model-name. To compare two models, use --allow model.',
  });
}
