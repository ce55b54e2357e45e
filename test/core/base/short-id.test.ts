import { expect, it } from 'vitest';
import { shortId } from '../../../src/core/base/short-id.js';

it.each([
  ['chatcmpl-53b6f94a-f368-40db-93e2-047eb44292d6', '53b6f9'],
  ['09c9b005-584d-4bfb-806c-f9a513b0fcd1', '09c9b0'],
  ['msg_40f1a69b71ed16f23f5e580f', '40f1a6'],
  ['resp_6a37dd9a623f898bba68eeb2b9e6aef12d031d8875fd4434', '6a37dd'],
])('is short for %s', (id, short) => {
  expect(shortId(id)).toBe(short);
});

it.each(['', 'msg_1', 'resp_40f1a69', 'of a client', 'chatcmpl-running-0'])('is what it was for %j', (id) => {
  expect(shortId(id)).toBe(id);
});
