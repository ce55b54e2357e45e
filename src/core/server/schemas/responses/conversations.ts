import { type Static, Type } from 'typebox';
import { optional } from '../shared/optional.js';
import { wireItem } from './response-items.js';
import { metadata } from './response-requests.js';

/** OpenAI's limit of items per request. */
const items = Type.Array(wireItem, { maxItems: 20 });

/** The body may be missing. */
export const newConversation = Type.Union([
  Type.Object({ items: optional(items), metadata: optional(metadata) }),
  Type.Null(),
]);

export const changedConversation = Type.Object({ metadata: optional(metadata) });

export const newItems = Type.Object({ items });

export const conversation = Type.Object({
  id: Type.String(),
  object: Type.Literal('conversation'),
  created_at: Type.Integer({ description: 'Unix time in seconds.' }),
  metadata,
});

export const deletedConversation = Type.Object({
  id: Type.String(),
  object: Type.Literal('conversation.deleted'),
  deleted: Type.Literal(true),
});

export type ConversationObject = Static<typeof conversation>;
