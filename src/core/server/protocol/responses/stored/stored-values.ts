import { Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { conversation } from '../../../schemas/responses/conversations.js';
import { type Feedback, feedback } from '../../../schemas/responses/feedback.js';
import { response } from '../../../schemas/responses/response-answers.js';
import { conversationItem } from '../../../schemas/responses/response-items.js';
import type { StoredConversation } from './conversations.js';
import type { StoredResponse } from './stored-responses.js';

/**
 * Whether what was read from a file is what was once stored. If these shapes change so that older values do not fit, the
 * schema version of the file must change too.
 */
export const isStoredResponse = lazily((): ((value: unknown) => value is StoredResponse) => {
  const validator = Compile(Type.Object({ response, input: Type.Array(conversationItem) }));
  return (value): value is StoredResponse => validator.Check(value);
});

/** The same for conversations. */
export const isStoredConversation = lazily((): ((value: unknown) => value is StoredConversation) => {
  const validator = Compile(Type.Object({ conversation, items: Type.Array(conversationItem) }));
  return (value): value is StoredConversation => validator.Check(value);
});

/** The same for feedback. */
export const isFeedback = lazily((): ((value: unknown) => value is Feedback) => {
  const validator = Compile(feedback);
  return (value): value is Feedback => validator.Check(value);
});

/** A server that stores nothing in a file never compiles the shapes. */
function lazily<T>(compile: () => (value: unknown) => value is T): (value: unknown) => value is T {
  let check: ((value: unknown) => value is T) | null = null;
  return (value): value is T => (check ??= compile())(value);
}
