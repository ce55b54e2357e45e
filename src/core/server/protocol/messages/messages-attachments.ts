import { ChatstreamError } from '../../../base/errors.js';
import { items, member } from '../../../base/json.js';
import { missing } from '../requests/refused-parameters.js';
import { isUnreadable, omissionNote, unreadableHint } from '../requests/unreadable-parts.js';

/** Where a block is. */
export interface BlockPlace {
  /** The parameter that it is. */
  readonly path: string;
  /** Whether a note may take the place of an image. */
  readonly mayOmit: boolean;
}

interface Attachment {
  readonly type: string;
}

/**
 * What the model reads of a block that comes with a message or the result of a tool: the text of a document or of what a search has
 * found, or a note in the place of an image.
 *
 * @param hint what is supported there
 * @throws ChatstreamError `invalid_request` for an image in a question, for citations, and for any other block
 */
export function attachedText(block: Attachment, place: BlockPlace, hint: string): string {
  const text = documentText(block, place);
  if (text !== null) return text;
  const { type } = block;
  if (!isUnreadable(type)) throw unsupportedBlock(type, place.path, hint);
  if (!place.mayOmit) throw unsupportedBlock(type, place.path, unreadableHint);
  return omissionNote(type);
}

export function unsupportedBlock(type: string, param: string, hint: string): ChatstreamError {
  return new ChatstreamError('invalid_request', `"${param}" is of type "${type}", which is not supported.`, {
    param,
    hint,
  });
}

/** Null for anything that is not written in text. */
function documentText(block: Attachment, { path, mayOmit }: BlockPlace): string | null {
  const source = member(block, 'source');
  const parts = partsOf(block, source, path);
  if (parts === null) return null;
  if (member(member(block, 'citations'), 'enabled') === true) throw citationsError(`${path}.citations`);
  const heading = [member(block, 'title'), member(block, 'context'), source].filter((each) => typeof each === 'string');
  return [...heading, ...parts.map(({ value, param }) => partText(value, { path: param, mayOmit }))].join('\n');
}

interface Part {
  readonly value: unknown;
  readonly param: string;
}

function partsOf(block: Attachment, source: unknown, path: string): readonly Part[] | null {
  const of = (content: unknown, param: string): readonly Part[] => {
    if (content === undefined || content === null) throw missing(param);
    if (typeof content === 'string') return [{ value: content, param }];
    return items(content).map((value, index) => ({ value, param: `${param}.${index}` }));
  };
  if (block.type === 'search_result') return of(member(block, 'content'), `${path}.content`);
  if (block.type !== 'document') return null;
  switch (member(source, 'type')) {
    case 'text':
      return of(member(source, 'data'), `${path}.source.data`);
    case 'content':
      return of(member(source, 'content'), `${path}.source.content`);
    default:
      return null;
  }
}

function partText(part: unknown, place: BlockPlace): string {
  if (typeof part === 'string') return part;
  const type = String(member(part, 'type'));
  const text = member(part, 'text');
  if (type !== 'text') return attachedText({ type }, place, 'Only text is supported in a document.');
  if (typeof text !== 'string') throw missing(`${place.path}.text`);
  return text;
}

function citationsError(param: string): ChatstreamError {
  return new ChatstreamError('invalid_request', `"${param}" cannot be enabled: no model here says what it has cited.`, {
    param,
    hint: 'Send the document without it.',
  });
}
