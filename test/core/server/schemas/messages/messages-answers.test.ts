import type Anthropic from '@anthropic-ai/sdk';
import type { Static } from 'typebox';
import { describe, expectTypeOf, it } from 'vitest';
import type {
  message,
  messagesError,
  messagesEvent,
} from '../../../../../src/core/server/schemas/messages/messages-answers.js';

type Event = Static<typeof messagesEvent>;
type Named<T extends Event['type']> = Extract<Event, { type: T }>;

// `responses.test.ts` checks that real answers fit these schemas. TypeScript checks here that the schemas fit the types of
// Anthropic's client.
describe('the schemas of the Messages API', () => {
  it('fit the published types', () => {
    expectTypeOf<Static<typeof message>>().toExtend<Anthropic.Message>();
    expectTypeOf<Static<typeof messagesError>['error']>().toExtend<{ type: string; message: string }>();
    expectTypeOf<Named<'message_start'>>().toExtend<Anthropic.RawMessageStartEvent>();
    expectTypeOf<Named<'content_block_start'>>().toExtend<Anthropic.RawContentBlockStartEvent>();
    expectTypeOf<Named<'content_block_delta'>>().toExtend<Anthropic.RawContentBlockDeltaEvent>();
    expectTypeOf<Named<'content_block_stop'>>().toExtend<Anthropic.RawContentBlockStopEvent>();
    expectTypeOf<Named<'message_delta'>>().toExtend<Anthropic.RawMessageDeltaEvent>();
    expectTypeOf<Named<'message_stop'>>().toExtend<Anthropic.RawMessageStopEvent>();
  });

  it('cover all kinds of events', () => {
    // Its clients know `ping`, and keep it to themselves.
    expectTypeOf<Event['type']>().toEqualTypeOf<Anthropic.RawMessageStreamEvent['type'] | 'ping'>();
  });
});
