import type { AnswerState } from '../conversation/answer.js';
import type { chatWords } from '../words.js';
import { brokenOff, unreachable } from './answers.js';

export function failureText(
  { code, message }: Extract<AnswerState, { status: 'failed' }>,
  words: ReturnType<typeof chatWords>,
): string {
  if (code === unreachable) return words.unreachable;
  return code === brokenOff ? words.brokenOff : words.failed(message);
}
