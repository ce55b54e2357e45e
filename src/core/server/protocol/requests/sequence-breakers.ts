import { Value } from 'typebox/value';
import { ChatstreamError } from '../../../base/errors.js';
import { defaultBreakers, sequenceBreakers } from '../../schemas/shared/sampling-parameters.js';

/**
 * The strings beyond which DRY follows no repetition. SillyTavern sends them as JSON in a text, and the web UI of
 * text-generation-webui without the brackets.
 *
 * @param given an empty text stands for the default
 * @throws ChatstreamError `invalid_request` for a text that is no such list
 */
export function sequenceBreakersOf(given: readonly string[] | string): readonly string[] {
  if (typeof given !== 'string') return given;
  if (given === '') return defaultBreakers;
  const list = given.trimStart();
  const read = list.startsWith('"') ? parsed(`[${list}]`) : parsed(list);
  if (Value.Check(sequenceBreakers, read)) return read;
  throw new ChatstreamError('invalid_request', '"dry_sequence_breakers" is not a list of strings.', {
    param: 'dry_sequence_breakers',
    hint: 'Send a list of up to 64 strings of 1 to 256 characters, or the same as JSON in a text.',
  });
}

/** Undefined for anything but JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
