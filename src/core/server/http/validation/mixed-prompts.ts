import { ChatstreamError } from '../../../base/errors.js';
import { member } from '../../../base/json.js';

/** Parameters that take a text, an array of tokens, or a list of either. */
const params = ['prompt', 'input'] as const;

/**
 * What is wrong with a list that has texts as well as tokens. The schema's own complaint would be that one of them is not of
 * the other type, whichever of the two was meant.
 *
 * @param place where the schema was not met, such as `prompt.1`
 * @returns null for anything else
 */
export function mixedPromptsError(place: string, body: unknown): ChatstreamError | null {
  const param = params.find((each) => place === each || place.startsWith(`${each}.`));
  const list = param === undefined ? undefined : member(body, param);
  if (param === undefined || !Array.isArray(list)) return null;
  const kinds = new Set(list.map((each: unknown) => kindOf(each)));
  if (kinds.size < 2 || kinds.has(null)) return null;
  const message = `"${param}" has ${[...kinds].join(' and ')}, which cannot be mixed.`;
  const hint = 'Send a list of texts, or a list of arrays of tokens, or one array of tokens.';
  return new ChatstreamError('invalid_request', message, { param, hint });
}

/** Null for what is neither a text nor tokens. */
function kindOf(value: unknown): string | null {
  if (typeof value === 'string') return 'texts';
  if (typeof value === 'number') return 'tokens';
  return Array.isArray(value) && value.every((each) => typeof each === 'number') ? 'arrays of tokens' : null;
}
