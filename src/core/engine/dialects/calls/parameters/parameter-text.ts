import { type Kind, kindOf } from '../../../format/schema/kinds.js';
import { parsed } from '../values/json-reading.js';
import { pythonText, wordText } from '../values/loose-values.js';

/**
 * The JSON text of a value that was written without quotation marks. A text that could be JSON or a string is JSON if
 * the schema allows values of that kind. Python keywords and lists count as JSON, because some templates write them.
 *
 * @param kinds the kinds of values that the schema allows
 */
export function valueText(text: string, kinds: ReadonlySet<Kind>): string {
  const json = jsonOf(text.trim(), kinds);
  const value = json === null ? undefined : parsed(json);
  if (json === null || value === undefined) return JSON.stringify(text);
  const kind = kindOf(value);
  const isMeant = kind === 'string' ? !kinds.has('string') : kinds.has(kind) || !kinds.has('string');
  return isMeant ? json : JSON.stringify(text);
}

function jsonOf(text: string, kinds: ReadonlySet<Kind>): string | null {
  const json = wordText(text);
  if (parsed(json) !== undefined) return json;
  const isNested = (text.startsWith('[') && kinds.has('array')) || (text.startsWith('{') && kinds.has('object'));
  return isNested ? pythonText(text) : null;
}
