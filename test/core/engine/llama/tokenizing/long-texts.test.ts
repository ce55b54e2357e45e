import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { LlamaModel } from 'node-llama-cpp';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { ChatstreamError } from '../../../../../src/core/base/errors.js';
import type { Fork } from '../../../../../src/core/engine/llama/helpers/helper-process.js';
import { importLibrary, libraryToken, tokenSpelling } from '../../../../../src/core/engine/llama/library/library.js';
import type { Part } from '../../../../../src/core/engine/llama/prompt/text-cuts.js';
import { LongTexts } from '../../../../../src/core/engine/llama/tokenizing/long-texts.js';
import { tokenizerOf } from '../../../../../src/core/engine/llama/tokenizing/model-tokenizer.js';
import { fileIdentity } from '../../../../../src/core/engine/llama/tokenizing/tokenize-messages.js';
import { specialTokens, syntheticModel } from '../../../../support/gguf/index.js';
import { writeSentencePieceModel } from '../../../../support/gguf/sentence-piece-model.js';
import { until } from '../../../../support/until.js';
import { VirtualClock } from '../../../../support/virtual-clock.js';

let modelPath: string;
let model: LlamaModel;
beforeAll(async () => {
  modelPath = await syntheticModel({ vocabulary: 2000 });
  model = await vocabularyOf(modelPath);
});
afterAll(async () => {
  await model.dispose();
});

async function vocabularyOf(path: string): Promise<LlamaModel> {
  const library = await importLibrary();
  const llama = await library.getLlama({ gpu: false, build: 'never', logLevel: library.LlamaLogLevel.disabled });
  return await llama.loadModel({ modelPath: path, vocabOnly: true });
}

interface Tokenizing {
  readonly texts: LongTexts;
  readonly clock: VirtualClock;
  readonly children: readonly ChildProcess[];
}

/** @param scripts that the processes run instead of the real one, which takes a second to start: all after the last one run this */
function tokenizing(...scripts: string[]): Tokenizing {
  const clock = new VirtualClock();
  const children: ChildProcess[] = [];
  const create: Fork = (entry, options) => {
    const script = scripts[Math.min(children.length, scripts.length - 1)];
    const child = fork(entry, [], { ...options, execArgv: script === undefined ? [] : ['--eval', script] });
    children.push(child);
    return child;
  };
  const texts = new LongTexts({ modelPath, gpu: 'off', identity: fileIdentity(modelPath), clock, create });
  onTestFinished(() => {
    texts.stop();
  });
  return { texts, clock, children };
}

const part = (text: string, isContinued = false): Part => ({ text, isContinued });

/** As they are read here. */
function tokensOf(text: string, isContinued = false): Uint32Array {
  return Uint32Array.from(tokenizerOf(model).read(part(text, isContinued)));
}

/** Gives each character as its code. */
const answers = `process.on('message', ({ type, question }) => process.send(
  type === 'settings'
    ? { type: 'ready' }
    : { type: 'answered', answer: Uint32Array.from(question.text, (each) => each.charCodeAt(0)) },
));`;
const codesOf = (text: string): Uint32Array => Uint32Array.from(text, (each) => each.charCodeAt(0));
/** Is ready, and then never answers; the parent is told nothing of what it is asked. */
const hangs = `process.on('message', ({ type }) => { if (type === 'settings') process.send({ type: 'ready' }); });`;
/** Ends as soon as it is asked. */
const crashes = `process.on('message', ({ type }) => type === 'settings' ? process.send({ type: 'ready' }) : process.exit(1));`;

async function outcome(reading: Promise<unknown>): Promise<unknown> {
  try {
    return await reading;
  } catch (error) {
    if (!(error instanceof ChatstreamError)) throw error;
    return { code: error.code, message: error.message };
  }
}

async function ended(child: ChildProcess | undefined): Promise<void> {
  if (child?.exitCode === null && child.signalCode === null) await once(child, 'exit');
}

/** Waits until a process has said that it is ready, so that it is asked. */
async function isAsked(child: ChildProcess | undefined): Promise<void> {
  if (child === undefined) throw new Error('There is no process.');
  await once(child, 'message');
  await nextTurn();
}

describe('long texts that are tokenised in a process of their own', () => {
  it('have the tokens that they have here, and share one process', async () => {
    const { texts, children } = tokenizing();
    const parts = [
      part('rainthe'.repeat(10_000)),
      part('日本語'.repeat(10_000)),
      part(`${'in'.repeat(20_000)}spain`, true),
      part(`${specialTokens.endOfTurn}${'tea'.repeat(20_000)}`),
    ];
    for (const each of parts) expect(await texts.read(each)).toEqual(tokensOf(each.text, each.isContinued));
    expect(children).toHaveLength(1);
  });

  it('come out in their order', async () => {
    const { texts, children } = tokenizing(answers);
    const done: string[] = [];
    await Promise.all(
      ['a', 'b', 'c'].map(async (name) => {
        await texts.read(part(name.repeat(40_000)));
        done.push(name);
      }),
    );
    expect(done).toEqual(['a', 'b', 'c']);
    expect(children).toHaveLength(1);
  });

  it('are read again if their process ends, and the process that has done so stays for the next', async () => {
    const { texts, children } = tokenizing(crashes, answers);
    expect(await texts.read(part('rain'))).toEqual(codesOf('rain'));
    expect(await texts.read(part('tea'))).toEqual(codesOf('tea'));
    expect(children).toHaveLength(2);
  });

  it('fail at the second death of a process, and the next text gets another process', async () => {
    const { texts, children } = tokenizing(crashes, crashes, answers);
    expect(await outcome(texts.read(part('rain')))).toEqual({
      code: 'engine_failed',
      message: expect.stringMatching(/^The process that tokenises long texts has ended twice /) as string,
    });
    expect(await texts.read(part('tea'))).toEqual(codesOf('tea'));
    expect(children).toHaveLength(3);
  });

  it('are killed if they take too long, and read once more', async () => {
    const { texts, clock, children } = tokenizing(hangs, answers);
    const reading = texts.read(part('rain'));
    await isAsked(children[0]);
    clock.advance(15_000);
    expect(children[0]?.killed).toBe(true);
    expect(await reading).toEqual(codesOf('rain'));
  });

  it('are refused if they take too long twice', async () => {
    const { texts, clock, children } = tokenizing(hangs);
    const reading = outcome(texts.read(part('rain')));
    for (const at of [0, 1]) {
      await until(() => children.length > at, 'a process');
      await isAsked(children[at]);
      clock.advance(15_000);
    }
    expect(await reading).toMatchObject({
      code: 'invalid_request',
      message: expect.stringContaining('15 s to tokenise') as string,
    });
  });

  it('are left to the caller if no process can be created', async () => {
    const create: Fork = () => {
      throw new Error('ENOMEM');
    };
    const texts = new LongTexts({ modelPath, gpu: 'off', identity: 'any', clock: new VirtualClock(), create });
    expect(await texts.read(part('rain'))).toBeNull();
  });

  it.each([
    ['is gone', '/nowhere/none.gguf'],
    ['has been replaced', null],
  ])('are left to the caller if the file of the model %s', async (_what, path) => {
    const source = { modelPath: path ?? modelPath, gpu: 'off', identity: 'another' } as const;
    expect(await new LongTexts({ ...source, clock: new VirtualClock() }).read(part('rain'))).toBeNull();
  });

  it('are given up when nobody waits for them, those that wait and the one that is worked on', async () => {
    const { texts, clock, children } = tokenizing(hangs, answers);
    const leaving = new AbortController();
    const left = ['a', 'b', 'c'].map((name) => texts.read(part(name), leaving.signal));
    await isAsked(children[0]);
    leaving.abort(new Error('left'));
    for (const each of left) await expect(each).rejects.toThrow('left');
    const next = texts.read(part('rain'));
    clock.advance(1000);
    expect(children[0]?.killed).toBe(true);
    expect(await next).toEqual(codesOf('rain'));
    expect(children).toHaveLength(2);
  });

  it('leave a process behind that ends when nothing comes for a minute', async () => {
    const { texts, clock, children } = tokenizing(answers);
    await texts.read(part('rain'));
    clock.advance(59_999);
    await texts.read(part('rain'));
    clock.advance(59_999);
    expect(children[0]?.killed).toBe(false);
    clock.advance(1);
    await ended(children[0]);
    expect(await texts.read(part('tea'))).toEqual(codesOf('tea'));
    expect(children).toHaveLength(2);
  });

  it('are not begun any more once they are stopped', async () => {
    const { texts, children } = tokenizing(hangs, answers);
    const open = ['a', 'b'].map((name) => outcome(texts.read(part(name))));
    await isAsked(children[0]);
    texts.stop();
    for (const each of open) expect(await each).toMatchObject({ code: 'engine_failed' });
    await ended(children[0]);
    expect(await outcome(texts.read(part('c')))).toMatchObject({ code: 'engine_failed' });
    expect(children).toHaveLength(1);
  });
});

describe('long texts of a model with a vocabulary of SentencePiece', () => {
  let folder: string;
  let pieces: LlamaModel;
  let texts: LongTexts;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'chatstream-sentence-pieces-'));
    const path = join(folder, 'model.gguf');
    await writeSentencePieceModel(path);
    pieces = await vocabularyOf(path);
    texts = new LongTexts({ modelPath: path, gpu: 'off', identity: fileIdentity(path), clock: new VirtualClock() });
  });
  afterAll(async () => {
    texts.stop();
    await pieces.dispose();
    await rm(folder, { recursive: true });
  });

  it.each([
    ['letters', 'rainthe'.repeat(10_000), false, '▁rain'],
    ['Chinese', '日本語'.repeat(10_000), false, '▁'],
    ['letters without a token', 'ü'.repeat(20_000), false, '▁'],
    ['the name of a control token', `</s>${'the'.repeat(20_000)}`, false, '▁'],
    ['text that goes on behind a cut', 'rainthe'.repeat(10_000), true, 'rain'],
    ['text that goes on with a space', ` ${'rainthe'.repeat(10_000)}`, true, '▁rain'],
  ])('begin with a space unless they go on, as here: %s', async (_name, text, isContinued, first) => {
    const tokens = await texts.read(part(text, isContinued));
    expect(tokens).toEqual(Uint32Array.from(tokenizerOf(pieces).read(part(text, isContinued))));
    expect(tokenSpelling(pieces, libraryToken(tokens?.[0] ?? 0))).toBe(first);
  });
});
