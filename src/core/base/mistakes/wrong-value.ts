import type { TLocalizedValidationError } from 'typebox/error';
import { notValid, requirement } from './requirements.js';

/**
 * The place of the first wrong value in a document, and what it must be, such as "runs[0].index must be a whole
 * number".
 *
 * @param errors everything that a schema finds wrong with the document, in the order in which it was found
 */
export function wrongValue(errors: readonly TLocalizedValidationError[]): string {
  const [error] = errors;
  if (error === undefined) return 'its top level is wrong';
  const place = placeOf(error.instancePath);
  if (error.keyword === 'required') return `${place} needs ${error.params.requiredProperties.join(' and ')}`;
  const ofValue = errors.filter(({ instancePath }) => instancePath === error.instancePath);
  return `${place} ${requirement(error, ofValue) ?? notValid}`;
}

/** `/keys/0/share` → `keys[0].share`. */
export function placeOf(pointer: string): string {
  if (pointer === '') return 'its top level';
  return pointer
    .slice(1)
    .replaceAll(/\/(\d+)(?=\/|$)/g, '[$1]')
    .replaceAll('/', '.');
}
