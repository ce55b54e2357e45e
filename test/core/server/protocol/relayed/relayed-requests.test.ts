import { describe, expect, it } from 'vitest';
import { readRelayed } from '../../../../../src/core/server/protocol/relayed/relayed-requests.js';

function placesOf(body: object): number | undefined {
  return readRelayed(JSON.stringify(body), {}, 16).places;
}

describe('the body of a request that is passed on', () => {
  it.each([
    ['{"seed":12345678901234567890}', '{"seed":12345678901234567890}'],
    ['{ "priority": "batch", "seed": 12345678901234567890 }', '{"seed": 12345678901234567890}'],
    ['{"priority":1,"deadline_ms":5}', '{"priority":1}'],
    ['{"a":1e400,"stream_options":{"include_queue":true}}', '{"a":1e400}'],
    [
      '{"stream_options":{"x":12345678901234567890,"include_queue":false},"n":1.0}',
      '{"stream_options":{"x":12345678901234567890},"n":1.0}',
    ],
    ['{"deadline_ms":5,"stream_options":{"include_queue":true,"y":1}}', '{"stream_options":{"y":1}}'],
  ])('keeps the text of everything but what only this server knows: %s', (text, passedOn) => {
    expect(readRelayed(text, {}, 16).body).toBe(passedOn);
  });

  it('may be nested as deeply as it likes', () => {
    const deep = `"x":${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    const text = `{"priority":"batch","stream_options":{"include_queue":true},${deep}}`;
    expect(readRelayed(text, {}, 16).body).toBe(`{${deep}}`);
  });
});

describe('the most tokens of a request that is passed on', () => {
  it.each([
    [{}, 16],
    [{ max_tokens: 5 }, 5],
    [{ max_completion_tokens: 5, max_tokens: 7 }, 5],
    [{ max_output_tokens: 5 }, 5],
    [{ n_predict: 5 }, 5],
    [{ max_tokens: 7, n_predict: 5 }, 7],
    // More than any model writes.
    [{ max_tokens: 1e300 }, 1_000_000],
    // Only the prompt is read.
    [{ max_tokens: 0 }, 1],
    [{ max_completion_tokens: 0 }, 1],
    [{ max_output_tokens: 0 }, 1],
    [{ n_predict: 0 }, 1],
    [{ max_completion_tokens: 0, max_tokens: 7 }, 1],
    // As many as fit, and what is for the upstream to refuse.
    [{ max_tokens: -1 }, 16],
    [{ max_tokens: null }, 16],
    [{ max_tokens: '5' }, 16],
    [{ max_completion_tokens: null, max_tokens: 7 }, 7],
  ])('%j', (body, tokens) => {
    expect(readRelayed(JSON.stringify(body), {}, 16).maxTokens).toBe(tokens);
  });
});

describe('the fewest tokens of a request that is passed on', () => {
  it.each([
    [{}, 0],
    [{ min_tokens: 5 }, 5],
    [{ min_tokens: 50 }, 16],
    [{ min_tokens: -3 }, 0],
    [{ min_tokens: 'x' }, 0],
    [{ max_tokens: 150, ignore_eos: true }, 150],
    [{ max_tokens: 150, ignore_eos: true, stop: [] }, 150],
    [{ max_tokens: 1e300, ignore_eos: true }, 1_000_000],
    [{ max_tokens: 1e300, min_tokens: 1e300 }, 1_000_000],
    [{ max_tokens: 150, ignore_eos: true, stop: ['.'], min_tokens: 20 }, 20],
    [{ max_tokens: 150, ignore_eos: true, response_format: { type: 'json_object' } }, 0],
    [{ max_tokens: 150, ignore_eos: true, tools: [{}] }, 0],
    [{ max_tokens: 150, ignore_eos: true, functions: [{}] }, 0],
    [{ ignore_eos: true }, 0],
    [{ max_tokens: 0, min_tokens: 5 }, 1],
  ])('%j', (body, tokens) => {
    expect(readRelayed(JSON.stringify(body), {}, 16).minTokens).toBe(tokens);
  });
});

describe('the places of a request that is passed on', () => {
  it.each([
    [{}, 1],
    [{ n: 3 }, 3],
    [{ n: 2, best_of: 5 }, 5],
    [{ prompt: 'one', n: 2 }, 2],
    [{ prompt: ['one', 'two', 'three'], n: 2 }, 6],
    [{ prompt: [[1, 2], [3]] }, 2],
    // The tokens of one prompt.
    [{ prompt: [1, 2, 3] }, 1],
    [{ prompt: [], n: 2 }, 2],
    // What is wrong is for the upstream to say.
    [{ n: 0 }, 1],
    [{ n: 2.5 }, 1],
    [{ n: '4' }, 1],
    [{ n: null, best_of: -1 }, 1],
  ])('%j', (body, places) => {
    expect(placesOf(body)).toBe(places);
  });

  it('are told apart from the choices of each prompt, and from what asks for them', () => {
    const choicesOf = (body: object): unknown => readRelayed(JSON.stringify(body), {}, 16).choices;
    expect(choicesOf({ prompt: ['one', 'two'], n: 3 })).toEqual({ ofEach: 3, param: 'n' });
    expect(choicesOf({ n: 2, best_of: 5 })).toEqual({ ofEach: 5, param: 'best_of' });
    expect(choicesOf({})).toEqual({ ofEach: 1, param: 'n' });
  });
});

describe('the body of a request that is passed on', () => {
  it.each([
    ['{"seed": 12345678901234567890, "priority":"batch", "n":1e400}', '{"seed": 12345678901234567890,"n":1e400}'],
    ['{"deadline_ms":500,"a":1.0}', '{"a":1.0}'],
    ['{"a":1.0,"stream_options":{"include_queue":true}}', '{"a":1.0}'],
    [
      '{"priority":"low","a":1.0, "stream_options": {"include_usage": true, "include_queue":false},"deadline_ms":null}',
      '{"priority":"low","a":1.0,"stream_options": {"include_usage": true}}',
    ],
    ['{ "priority" : "low" }', '{ "priority" : "low" }'],
  ])('is without what only this server knows, and otherwise as it came: %s', (text, body) => {
    expect(readRelayed(text, {}, 16).body).toBe(body);
  });

  it('may have any number of levels', () => {
    const ignored = `"ignored":${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    const text = `{"priority":"batch","stream_options":{"include_queue":true,${ignored}}}`;
    expect(readRelayed(text, {}, 16).body).toBe(`{"stream_options":{${ignored}}}`);
  });
});
