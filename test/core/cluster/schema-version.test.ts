import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { messageVersion, shapes as agentShapes } from '../../../src/core/bench/agents/messages.js';
import { header, schemaVersion } from '../../../src/core/cluster/channel/envelope.js';
import * as messages from '../../../src/core/cluster/messages.js';
import { usageMessage } from '../../../src/core/cluster/usage/usage-messages.js';

// Processes of different versions refuse each other by these numbers. If a shape has changed, raise its number, and write the new
// fingerprint down here. What shapes leave open (`Type.Unsafe`) is not in the fingerprint, but counts as well.

it.each([
  {
    what: 'messages and entries of a cluster',
    version: schemaVersion,
    now: fingerprintOf([header, ...shapesIn(messages), usageMessage]),
    then: { version: 5, fingerprint: '4da7d1d427162109' },
  },
  {
    what: 'messages between a bench and its agents',
    version: messageVersion,
    now: fingerprintOf(agentShapes),
    then: { version: 4, fingerprint: 'f9c7429a1803ebef' },
  },
])('$what have the shapes that belong to their version', ({ version, now, then }) => {
  expect({ version, fingerprint: now }).toEqual(then);
});

function fingerprintOf(shapes: object): string {
  return createHash('sha256').update(JSON.stringify(shapes)).digest('hex').slice(0, 16);
}

/** All shapes that a module exports, in the order of their names. */
function shapesIn(module: object): readonly object[] {
  return Object.entries(module)
    .filter((entry): entry is [string, object] => typeof entry[1] === 'object')
    .toSorted(([one], [other]) => one.localeCompare(other))
    .map(([name, shape]) => ({ name, shape }));
}
