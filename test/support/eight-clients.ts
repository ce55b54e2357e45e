import { type AnswerStream, streamChat } from './answer-stream.js';
import { untilQueued } from './queue-view.js';
import { until } from './until.js';

/** With max-concurrency 2, two run and six wait. */
const clients = Array.from({ length: 8 }, (_, client) => client);

/**
 * Sends eight requests, each with a message and a seed of its own, to a server with max-concurrency 2. Resolves as soon
 * as two of them run, with some text already there, and six wait; if this process stalls just then, more may have
 * begun.
 */
export async function eightClients(
  url: string,
  messageOf: (client: number) => string,
  parameters: object,
): Promise<AnswerStream[]> {
  // Two others keep the slots busy until all eight are there, however slow the machine is today.
  const blockers = new AbortController();
  const endless = { max_tokens: 3000, ignore_eos: true };
  for (const message of ['first blocker', 'second blocker']) streamChat(url, message, endless, blockers.signal);
  await untilQueued(url, 2, 0);
  const streams = clients.map((client) => streamChat(url, messageOf(client), { ...parameters, seed: client }));
  await untilQueued(url, 2, clients.length);
  blockers.abort();
  await until(() => countBegun(streams) >= 2, 'the first two to have text');
  return streams;
}

/** How many have text. */
export function countBegun(streams: readonly AnswerStream[]): number {
  return streams.filter(({ text }) => text !== '').length;
}
