import { isRecord } from '../../../base/json.js';
import type { PromptSource } from '../../engine.js';

type Chat = Extract<PromptSource, { type: 'chat' }>;

/** How many JSON values, and characters in them, a chat may have to be rendered in this process: some 80 messages. */
const fewValues = 256;
const fewCharacters = 16_384;

/**
 * Whether any template renders a chat quickly. Each message, call and document may be compared with all others, but
 * with so few, even quadratic time is a fraction of a second.
 */
export function isQuickChat({ messages, tools, documents, arguments: given }: Chat): boolean {
  const open: unknown[] = [messages, tools, documents, given];
  let values = 0;
  let characters = 0;
  while (open.length > 0) {
    const value = open.pop();
    if (typeof value === 'string') characters += value.length;
    if (isRecord(value)) {
      const keys = Object.keys(value);
      values += keys.length;
      if (!Array.isArray(value)) characters += keys.reduce((sum, { length }) => sum + length, 0);
      // Not before their number is known, because there may be a hundred thousand.
      if (values <= fewValues) for (const key of keys) open.push(value[key]);
    }
    if (values > fewValues || characters > fewCharacters) return false;
  }
  return true;
}
