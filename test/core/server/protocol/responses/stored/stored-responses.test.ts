import { describe, expect, it } from 'vitest';
import { itemId, responseId } from '../../../../../../src/core/server/protocol/responses/items/item-ids.js';
import { responseFields } from '../../../../../../src/core/server/protocol/responses/response-fields.js';
import {
  type StoredResponse,
  StoredResponses,
} from '../../../../../../src/core/server/protocol/responses/stored/stored-responses.js';
import { MemoryStore } from '../../../../../../src/core/server/store/memory-store.js';
import { VirtualClock } from '../../../../../support/virtual-clock.js';

const [one, two, next] = ['1', '2', '3'].map((digit) => responseId(digit.repeat(48))) as [string, string, string];

const inputOf = (id: string): string => itemId('msg', id.slice('resp_'.length), 'in', 0);

function responses(): StoredResponses {
  const limits = { mostValues: 100, mostBytes: 1e9, ttlMs: 0 };
  return new StoredResponses(new MemoryStore<StoredResponse>(limits, new VirtualClock()));
}

function stored(id: string, previous: string | null, text = 'Hi'): StoredResponse {
  const fields = responseFields({ previous_response_id: previous }, { id, createdAt: 0, model: 'm' });
  const ending = { status: 'completed', completed_at: 0, error: null, incomplete_details: null } as const;
  const input = { type: 'message', id: inputOf(id), status: 'completed', role: 'user' } as const;
  return {
    response: { ...fields, ...ending, output: [] },
    input: [{ ...input, content: [{ type: 'input_text', text }] }],
  };
}

describe('the conversation up to a response', () => {
  it('has the items of all responses, the oldest first', async () => {
    const kept = responses();
    await kept.keep(stored(one, null));
    await kept.keep(stored(two, one));
    expect((await kept.itemsUpTo(two, next)).map(({ id }) => id)).toEqual([one, two].map(inputOf));
  });

  it.each([
    ['a response that continues itself', one],
    ['responses that continue each other', two],
  ])('is refused for %s', async (_what, previous) => {
    const kept = responses();
    await kept.keep(stored(one, previous));
    await kept.keep(stored(two, one));
    const refused = { code: 'invalid_request', param: 'previous_response_id' };
    await expect(kept.itemsUpTo(two, next)).rejects.toMatchObject(refused);
  });

  it('is refused if it is too long, and so are items of many responses', async () => {
    const kept = responses();
    const text = 'x'.repeat(9 * 1024 ** 2);
    const ids = [one, two].map(inputOf);
    await kept.keep(stored(one, null, text));
    await kept.keep(stored(two, one, text));
    expect(await kept.itemsUpTo(one, next)).toHaveLength(1);
    await expect(kept.itemsUpTo(two, next)).rejects.toMatchObject({ code: 'invalid_request' });
    const find = await kept.finder(ids.slice(0, 1), 'input');
    expect(find(ids[0] ?? '', 'input.0')).toMatchObject({ id: ids[0] });
    await expect(kept.finder(ids, 'input')).rejects.toMatchObject({ code: 'invalid_request', param: 'input' });
  });
});
