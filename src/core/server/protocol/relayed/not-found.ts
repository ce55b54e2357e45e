import type { ChatstreamError } from '../../../base/errors.js';
import { member } from '../../../base/json.js';
import { missingUpstreamError, modelMissingUpstreamError } from '../../../base/refusals/key-refusals.js';

/** How servers say in the codes and types of their errors that they do not have a model. */
const missingModel = /model_?not_?(?:found|available)|invalid_?model|deployment_?not_?found/i;

/**
 * Replaces an upstream's answer that it does not have a model, or something else, for a key that may use only some
 * models, because servers often list the models that they have.
 *
 * @param wanted the model that was asked for
 * @returns null for any other answer
 */
export function withoutOtherModels(
  { status, body }: { readonly status: number; readonly body: Buffer },
  wanted: string,
): ChatstreamError | null {
  // Others are about the upstream's state, and clients may send the request again.
  if (status < 400 || status >= 500 || status === 429) return null;
  const text = body.toString();
  // OpenAI's Responses API says it with a 400.
  if (codesIn(text).some((code) => missingModel.test(code))) return modelMissingUpstreamError(wanted);
  if (status !== 404) return null;
  return /model/i.test(text) ? modelMissingUpstreamError(wanted) : missingUpstreamError();
}

/** The names for programs in the error of a body. */
function codesIn(text: string): readonly string[] {
  try {
    const value: unknown = JSON.parse(text);
    return [value, member(value, 'error')].flatMap((error) =>
      [member(error, 'code'), member(error, 'type')].filter((code) => typeof code === 'string'),
    );
  } catch {
    return [];
  }
}
