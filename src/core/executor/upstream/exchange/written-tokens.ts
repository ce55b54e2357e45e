import { isRecord, items, member } from '../../../base/json.js';

/** Characters of a text for one of its tokens, roughly. */
const charactersPerToken = 4;

/** Where the protocols have what a model has written. */
export const answerNames = ['choices', 'content', 'output'] as const;

/** The names under which such a part has text; `input` is of a call in the Messages API, whose arguments are an object. */
const textNames: ReadonlySet<string> = new Set([
  'content',
  'text',
  'refusal',
  'reasoning',
  'reasoning_content',
  'thinking',
  'arguments',
  'input',
]);

/**
 * How many tokens the text of an answer has, roughly: for an upstream that does not count them.
 *
 * @param data an answer in any of the protocols; vectors and other things that no model has written have no tokens
 */
export function writtenTokens(data: unknown): number {
  let characters = 0;
  const unread = answerNames.flatMap((name) => items(member(data, name)));
  const add = (name: string, value: unknown): void => {
    if (typeof value === 'string') characters += textNames.has(name) ? value.length : 0;
    else if (name !== 'logprobs') unread.push(name === 'input' ? { text: textOf(value) } : value);
  };
  while (unread.length > 0) {
    const value = unread.pop();
    if (Array.isArray(value)) for (const each of value as readonly unknown[]) unread.push(each);
    else if (isRecord(value)) for (const [name, part] of Object.entries(value)) add(name, part);
  }
  return Math.ceil(characters / charactersPerToken);
}

/** JSON that is nested too deeply for that has no text. */
function textOf(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch {
    return '';
  }
}
