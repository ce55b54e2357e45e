import type { TLocalizedValidationError } from 'typebox/error';
import { ChatstreamError } from '../base/errors.js';

/**
 * What is wrong with a value of the configuration file, and what to do. It names the setting and never quotes its value, which
 * may be a key.
 *
 * @param name of the file
 */
export function configError(name: string, error: TLocalizedValidationError | undefined): ChatstreamError {
  const place = error === undefined || error.instancePath === '' ? 'its top level' : placeOf(error.instancePath);
  const { problem, hint } = problemOf(error);
  return new ChatstreamError('usage', `${name}: ${place} ${problem}.`, { hint });
}

const usualHint = 'docs/fairness.md describes the settings.';

function problemOf(error: TLocalizedValidationError | undefined): { readonly problem: string; readonly hint: string } {
  if (error === undefined) return { problem: 'is wrong', hint: usualHint };
  if (error.keyword === 'boolean') return { problem: 'is not a setting', hint: `Is its name misspelt? ${usualHint}` };
  if (error.keyword === 'required') {
    return { problem: `needs ${error.params.requiredProperties.join(' and ')}`, hint: usualHint };
  }
  if (error.keyword === 'enum') {
    return { problem: 'has none of its possible values', hint: `Use ${error.params.allowedValues.join(', ')}.` };
  }
  return { problem: error.message, hint: usualHint };
}

/** `/keys/0/share` → `keys[0].share`. */
function placeOf(pointer: string): string {
  return pointer
    .slice(1)
    .replaceAll(/\/(\d+)(?=\/|$)/g, '[$1]')
    .replaceAll('/', '.');
}
