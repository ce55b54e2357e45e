import { systemClock } from '../../base/clock.js';
import { ChatstreamError, messageOf } from '../../base/errors.js';
import type { Engine, PromptEngine } from '../engine.js';
import type { Loading } from '../loading.js';
import type { EngineOptions } from '../options.js';
import type { ProcessRole } from '../process-role.js';
import {
  type CallMessage,
  type EngineMessage,
  heartbeatMs,
  type HostMessage,
  isHostMessage,
  toWire,
} from './messages.js';
import { packRound } from './round-messages.js';

/** Time to free the model after `stop`. A process that takes longer kills itself. */
const farewellMs = 4000;

let engine: PromptEngine | Engine | null = null;
/** Calls that are being answered, by their numbers. */
const calls = new Map<number, AbortController>();
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
      void start(message.role, message.options);
      return;
    case 'prepare':
    case 'tokenize':
    case 'detokenize':
    case 'spell':
      answerNext(message);
      return;
    case 'drop':
      calls.get(message.call)?.abort();
      return;
    case 'generate':
      generatingEngine().generate(message.spec);
      return;
    case 'cancel':
      generatingEngine().cancel(message.id);
      return;
    case 'stop':
      void leave();
  }
}

async function start(role: ProcessRole, options: EngineOptions): Promise<void> {
  try {
    engine = await createEngine(role, options);
    if (isLeaving()) return;
    if (generates(engine)) {
      engine.rounds((round) => {
        send({ type: 'round', ...packRound(round) });
      });
    }
    send({ type: 'started', info: await engine.start() });
    beat();
  } catch (error) {
    send({ type: 'start_failed', error: toWire(error) }, () => {
      void leave();
    });
  }
}

/** Creates an engine in this process. Loads the code of this engine only, because llama.cpp is heavy. */
async function createEngine(role: ProcessRole, options: EngineOptions): Promise<PromptEngine | Engine> {
  switch (options.engine) {
    case 'llama': {
      // The parent reads standard error to explain a crash, and logs it at --log-level debug.
      const log = (level: string, message: string): boolean => process.stderr.write(`${level}: ${message}\n`);
      const onLoading = (loading: Loading): void => {
        send({ type: 'loading', loading });
      };
      if (role === 'prompts') {
        const { createLlamaPromptEngine } = await import('../llama/prompt-engine.js');
        return createLlamaPromptEngine(options, log, systemClock, onLoading);
      }
      if (options.embeddings === true) {
        const { createLlamaEmbeddingEngine } = await import('../llama/embedding-engine.js');
        return createLlamaEmbeddingEngine(options, { log, onLoading });
      }
      const { createLlamaEngine } = await import('../llama/llama-engine.js');
      return createLlamaEngine(options, { log, onLoading });
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

/**
 * Calls are answered concurrently, so that a short one is not held up by a long one that is done in pieces. Each begins
 * in the next iteration of the event loop, after the messages that have arrived are read, because one of them may drop
 * it.
 */
function answerNext(message: CallMessage): void {
  const controller = new AbortController();
  calls.set(message.call, controller);
  setImmediate(() => {
    void answer(message, controller.signal);
  });
}

async function answer(message: CallMessage, signal: AbortSignal): Promise<void> {
  const { call } = message;
  try {
    const result = await ask(startedEngine(), message, signal);
    if (!signal.aborted) send(result);
  } catch (error) {
    if (!signal.aborted) send({ type: 'call_failed', call, error: toWire(error) });
  } finally {
    calls.delete(call);
  }
}

async function ask(asked: PromptEngine, message: CallMessage, signal: AbortSignal): Promise<EngineMessage> {
  signal.throwIfAborted();
  const { call } = message;
  switch (message.type) {
    case 'prepare':
      return { type: 'prepared', call, prepared: await asked.prepare(message.source, message.demands, signal) };
    case 'tokenize':
      return { type: 'tokens', call, tokens: await asked.tokenize(message.text, message.options, signal) };
    case 'detokenize':
      return { type: 'text', call, text: await asked.detokenize(message.tokens, signal) };
    case 'spell':
      return { type: 'spellings', call, spellings: await asked.spell(message.tokens, signal) };
  }
}

function generates(created: PromptEngine | Engine): created is Engine {
  return 'generate' in created;
}

function generatingEngine(): Engine {
  const started = startedEngine();
  if (!generates(started)) throw new ChatstreamError('internal', 'The prompt process was asked to generate.');
  return started;
}

function startedEngine(): PromptEngine | Engine {
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
