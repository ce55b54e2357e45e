import { systemClock } from '../../base/clock.js';
import { ChatstreamError, messageOf } from '../../base/errors.js';
import { createEngine } from './create-engine.js';
import type { Engine, Token } from '../engine.js';
import type { EngineOptions } from '../options.js';
import { type CallMessage, type EngineMessage, heartbeatMs, type HostMessage, isHostMessage } from './messages.js';
import { toWire } from './wire-errors.js';

/** Time to free the model once it is over. After that the process ends the hard way. */
const farewellMs = 4000;

let engine: Engine | null = null;
let leaving = false;

process.on('message', (message) => {
  if (!leaving && isHostMessage(message)) receive(message);
});

// The main process is gone, by whatever death: nobody is left to serve.
process.on('disconnect', () => {
  void leave();
});

// It may have been gone before this line was reached, with its messages still to be read.
if (!process.connected) void leave();

// A terminal sends Ctrl-C to the whole process group. When to stop is for the main process to decide.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);

function receive(message: HostMessage): void {
  switch (message.type) {
    case 'start':
      void start(message.options);
      return;
    case 'prepare':
    case 'tokenize':
    case 'detokenize':
      void answer(message);
      return;
    case 'generate':
      startedEngine().generate(message.spec);
      return;
    case 'cancel':
      startedEngine().cancel(message.id);
      return;
    case 'stop':
      void leave();
  }
}

async function start(options: EngineOptions): Promise<void> {
  try {
    engine = await createEngine(options);
    if (isLeaving()) return;
    engine.rounds((round) => {
      send({ type: 'round', round });
    });
    send({ type: 'started', info: await engine.start() });
    beat();
  } catch (thrown) {
    send({ type: 'start_failed', error: toWire(thrown) }, () => {
      void leave();
    });
  }
}

/** Shows that this event loop turns. The next one is due when this one has left: if nobody reads, they do not pile up. */
function beat(): void {
  send({ type: 'heartbeat' }, () => {
    systemClock.schedule(heartbeatMs, beat);
  });
}

async function answer(message: CallMessage): Promise<void> {
  const { call } = message;
  try {
    const result = await ask(startedEngine(), message);
    send(typeof result === 'string' ? { type: 'text', call, text: result } : { type: 'tokens', call, tokens: result });
  } catch (thrown) {
    send({ type: 'call_failed', call, error: toWire(thrown) });
  }
}

function ask(asked: Engine, message: CallMessage): Promise<string | readonly Token[]> {
  switch (message.type) {
    case 'prepare':
      return asked.prepare(message.source, message.demands);
    case 'tokenize':
      return asked.tokenize(message.text);
    case 'detokenize':
      return asked.detokenize(message.tokens);
  }
}

function startedEngine(): Engine {
  if (engine === null) throw new ChatstreamError('internal', 'The engine process was used before it was started.');
  return engine;
}

/** @param sent called once the message has left, or could not */
function send(message: EngineMessage, sent: () => void = () => undefined): void {
  // Nobody is told of a message that could not leave: there is only the main process, and `disconnect` says it is gone.
  if (process.connected) process.send?.(message, undefined, undefined, sent);
}

/** A function, because TypeScript takes a variable that was false before an `await` to be false after it. */
function isLeaving(): boolean {
  return leaving;
}

/** Frees the model and lets the process end by itself. A native thread that does not come to its end is not waited for. */
async function leave(): Promise<void> {
  if (leaving) return;
  leaving = true;
  systemClock.schedule(farewellMs, () => process.kill(process.pid, 'SIGKILL'));
  try {
    await engine?.stop();
  } catch (thrown) {
    process.stderr.write(`The engine did not stop cleanly: ${messageOf(thrown)}\n`);
  }
  if (process.connected) process.disconnect();
}
