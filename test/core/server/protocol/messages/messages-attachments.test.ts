import { describe, expect, it } from 'vitest';
import { attachedText } from '../../../../../src/core/server/protocol/messages/messages-attachments.js';

const note = '[image omitted: this model reads text only]';

function read(block: object, mayOmit = false): string {
  return attachedText({ type: '', ...block }, { path: 'messages.0.content.0', mayOmit }, 'Only text.');
}

function refusal(block: object, mayOmit = false): unknown {
  try {
    return read(block, mayOmit);
  } catch (error) {
    return error;
  }
}

const plain = { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'The grass is green.' } };
const said = { type: 'text', text: 'The sky is blue.' };
const found = { type: 'search_result', source: 'https://a.example', title: 'Sky', content: [said, said] };

describe('what comes with a message', () => {
  it.each([
    [plain, 'The grass is green.'],
    [{ ...plain, title: 'Grass', context: 'A fact.', citations: null }, 'Grass\nA fact.\nThe grass is green.'],
    [{ type: 'document', source: { type: 'content', content: 'All of it.' } }, 'All of it.'],
    [{ type: 'document', source: { type: 'content', content: [said, said] } }, 'The sky is blue.\nThe sky is blue.'],
    [found, 'Sky\nhttps://a.example\nThe sky is blue.\nThe sky is blue.'],
    [{ ...found, citations: { enabled: false }, content: [] }, 'Sky\nhttps://a.example'],
  ])('is text where it is written in text: %j', (block, text) => {
    expect(read(block)).toBe(text);
    expect(read(block, true)).toBe(text);
  });

  it.each([
    [{ type: 'image', source: { type: 'base64' } }, ''],
    [{ type: 'document', source: { type: 'content', content: [{ type: 'image' }] } }, '.source.content.0'],
  ])('is refused where it is an image that is asked about, and else a note: %j', (block, place) => {
    expect(refusal(block)).toMatchObject({
      code: 'invalid_request',
      param: `messages.0.content.0${place}`,
      hint: expect.stringContaining('The model reads text only.') as string,
    });
    expect(read(block, true)).toBe(note);
  });

  it.each([
    [{ type: 'container_upload' }, ''],
    [{ type: 'constructor' }, ''],
    [{ ...plain, source: { type: 'text' } }, '.source.data'],
    [{ ...plain, source: { type: 'content' } }, '.source.content'],
    [{ ...plain, source: { type: 'content', content: [{ type: 'text' }] } }, '.source.content.0.text'],
    [{ ...found, content: undefined }, '.content'],
    [{ ...found, content: [{ type: 'table' }] }, '.content.0'],
    [{ ...found, content: [5] }, '.content.0'],
    [{ ...plain, citations: { enabled: true } }, '.citations'],
    [{ ...found, citations: { enabled: true } }, '.citations'],
  ])('is refused where it cannot be read: %j', (block, place) => {
    const wrong = { code: 'invalid_request', param: `messages.0.content.0${place}` };
    expect(refusal(block)).toMatchObject(wrong);
    expect(refusal(block, true)).toMatchObject(wrong);
  });
});
