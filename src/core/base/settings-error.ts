import type { TLocalizedValidationError } from 'typebox/error';
import { ChatstreamError } from './errors.js';

/**
 * What is wrong with a value of a file with settings, and what to do. It names the setting and never quotes its value, which
 * may be a key.
 *
 * @param name of the file
 * @param usualHint where the settings are described
 */
export function settingsError(
  name: string,
  error: TLocalizedValidationError | undefined,
  usualHint: string,
): ChatstreamError {
  const place = error === undefined || error.instancePath === '' ? 'its top level' : placeOf(error.instancePath);
  const { problem, hint } = problemOf(error, usualHint);
  return new ChatstreamError('usage', `${name}: ${place} ${problem}.`, { hint });
}

function problemOf(
  error: TLocalizedValidationError | undefined,
  usualHint: string,
): { readonly problem: string; readonly hint: string } {
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
