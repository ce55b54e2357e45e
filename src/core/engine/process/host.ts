import { systemClock } from '../../base/clock.js';
import { ChatstreamError, messageOf } from '../../base/errors.js';
import type { Engine, Token } from '../engine.js';
import type { EngineOptions } from '../options.js';
import {
  type CallMessage,
  type EngineMessage,
  heartbeatMs,
  type HostMessage,
  isHostMessage,
  toWire,
} from './messages.js';

/** Time to free the model after `stop`. A process that takes longer kills itself. */
const farewellMs = 4000;

let engine: Engine | null = null;
let leaving = false;

process.on('message', (message) => {
  if (!leaving && isHostMessage(message)) receive(message);
});

// The main process has ended, for whatever reason, so there is no work left.
process.on('disconnect', () => {
  void leave();
});

// The main process may have ended before this line, while its messages are still to be read.
if (!process.connected) void leave();

// A terminal sends Ctrl-C to the whole process group, but only the main process decides when to stop.
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
  } catch (error) {
    send({ type: 'start_failed', error: toWire(error) }, () => {
      void leave();
    });
  }
}

/** Creates an engine in this process. Loads the code of this engine only, because llama.cpp is heavy. */
async function createEngine(options: EngineOptions): Promise<Engine> {
  switch (options.engine) {
    case 'llama': {
      const { createLlamaEngine } = await import('../llama/llama-engine.js');
      // The parent reads standard error to explain a crash, and logs it at --log-level debug.
      return createLlamaEngine(options, { log: (level, message) => process.stderr.write(`${level}: ${message}\n`) });
    }
    case 'mock': {
      const { createMockEngine } = await import('../mock/mock-engine.js');
      return createMockEngine(options);
    }
  }
}

/** Shows that this event loop runs. The next heartbeat waits until this one is sent, so that unread ones do not pile up. */
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
  } catch (error) {
    send({ type: 'call_failed', call, error: toWire(error) });
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

/** @param sent called when the message has been sent, or could not be */
function send(message: EngineMessage, sent: () => void = () => undefined): void {
  // A message that cannot be sent is dropped: its only reader is the main process, and `disconnect` reports its end.
  if (process.connected) process.send?.(message, undefined, undefined, sent);
}

/** A function, because TypeScript assumes that a variable keeps its value across an `await`. */
function isLeaving(): boolean {
  return leaving;
}

/** Frees the model and lets the process end on its own, but does not wait for a native thread that never returns. */
async function leave(): Promise<void> {
  if (leaving) return;
  leaving = true;
  systemClock.schedule(farewellMs, () => process.kill(process.pid, 'SIGKILL'));
  try {
    await engine?.stop();
  } catch (error) {
    process.stderr.write(`The engine did not stop cleanly: ${messageOf(error)}\n`);
  }
  if (process.connected) process.disconnect();
}
