import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Llama, LlamaContext, LlamaContextSequence, LlamaModel } from 'node-llama-cpp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compileJinja, jinjaFrom, loadedNativeFile } from '../../../../../src/core/engine/llama/library/jinja.js';
import {
  acceptGrammarToken,
  assertCacheType,
  biasLogits,
  canReadLogits,
  createSampler,
  evaluateWithLogits,
  grammarAccepts,
  importLibrary,
  installedVersion,
  libraryToken,
  onDraw,
  readLogits,
  tokenSpelling,
} from '../../../../../src/core/engine/llama/library/library.js';
import { llamaCppMessages } from '../../../../../src/core/engine/llama/library/load-errors.js';
import { specialTokens, syntheticModel } from '../../../../support/gguf/index.js';

// What chatstream depends on inside node-llama-cpp. After an update of the library, these tests show which part has
// moved.

const library = await importLibrary();
const version = `node-llama-cpp ${installedVersion()}`;

let llama: Llama;
let model: LlamaModel;
beforeAll(async () => {
  llama = await library.getLlama({ gpu: false, build: 'never', logLevel: library.LlamaLogLevel.disabled });
  model = await llama.loadModel({ modelPath: await syntheticModel() });
});
afterAll(async () => {
  await model.dispose();
  await llama.dispose();
});

/** A copy of an object that lacks one property, as after an update that has moved it. */
function without<T extends object>(owner: T, name: string): T {
  return new Proxy(owner, {
    get: (target, property) => (property === name ? undefined : (Reflect.get(target, property) as unknown)),
  });
}

it('reads the version of the library that is installed', async () => {
  expect(installedVersion()).toBe(await library.getModuleVersion());
});

describe('biasLogits', () => {
  it('reaches the biases that the library samples with, end-of-generation tokens included', () => {
    const bias = library.TokenBias.for(model);
    const end = [...model.iterateAllTokens()].find((token) => model.isEogToken(token)) ?? libraryToken(0);
    expect(() => {
      biasLogits(bias, new Map([[end, -1]]));
    }, version).not.toThrow();
    expect(Reflect.get(bias, '_biases'), version).toEqual(new Map([[end, -1]]));
  });

  it('says so when they have moved', () => {
    const bias = without(library.TokenBias.for(model), '_biases');
    expect(() => {
      biasLogits(bias, new Map([[1, 2]]));
    }).toThrow(`${version}: TokenBias._biases is not as expected.`);
  });
});

describe('reading logits', () => {
  let context: LlamaContext;
  let sequence: LlamaContextSequence;
  beforeAll(async () => {
    context = await model.createContext({ contextSize: 64 });
    sequence = context.getSequence();
  });
  afterAll(() => context.dispose());

  async function draw(): Promise<void> {
    const stream = sequence.evaluate(model.tokenize('a', false), { temperature: 0 });
    await stream.next();
    await stream.return();
  }

  it('works while a token is drawn, until it ends', async () => {
    expect(canReadLogits(sequence), version).toBe(true);
    const sampler = createSampler(model, 3);
    const seen: (readonly [token: number, likeliest: readonly number[]])[] = [];
    const end = onDraw(sequence, async (token, index) => {
      const { logits, weight } = await readLogits(context, index, sampler, { likeliest: 3 });
      expect(weight, version).toBeGreaterThanOrEqual(1);
      seen.push([token, [...logits.keys()]]);
    });
    await draw();
    end();
    await draw();
    expect(seen, version).toHaveLength(1);
    expect(seen[0]?.[1], version).toHaveLength(3);
    expect(seen[0]?.[1]).toContain(seen[0]?.[0]);
  });

  it('is known to be impossible when a part has moved', async () => {
    expect(canReadLogits(without(sequence, '_decodeTokens'))).toBe(false);
    expect(canReadLogits(without(sequence, 'context'))).toBe(false);
    const moved = without(sequence, '_decodeTokens');
    expect(() => onDraw(moved, () => Promise.resolve())).toThrow('_decodeTokens');
    await expect(evaluateWithLogits(moved, [0], () => Promise.resolve())).rejects.toThrow('_decodeTokens');
    expect(() => createSampler(without(model, 'llama'), 3)).toThrow('AddonSampler');
  });

  it('says so when the numbers come in another form', async () => {
    const native = { sampleToken: () => Promise.resolve([1, undefined, 0.5]) };
    const other = new Proxy(context, {
      get: (target, name) => (name === '_ctx' ? native : (Reflect.get(target, name) as unknown)),
    });
    const reading = readLogits(other, 0, createSampler(model, 3), { likeliest: 3 });
    await expect(reading).rejects.toThrow('LlamaContext._ctx.sampleToken is not as expected.');
  });
});

describe('acceptGrammarToken', () => {
  async function grammarState() {
    const grammar = await llama.createGrammar({ grammar: 'root ::= "a" | "b"' });
    return new library.LlamaGrammarEvaluationState({ model, grammar });
  }

  it('reaches the function of the library', async () => {
    const state = await grammarState();
    const [a = 0] = model.tokenize('a', false);
    expect(() => {
      acceptGrammarToken(llama, state, a);
    }, version).not.toThrow();
  });

  it('says so when the function or the state has moved', async () => {
    const state = await grammarState();
    expect(() => {
      acceptGrammarToken(without(llama, '_bindings'), state, 1);
    }).toThrow(`${version}: AddonSampler.acceptGrammarEvaluationStateToken is not as expected.`);
    expect(() => {
      acceptGrammarToken(llama, without(state, '_state'), 1);
    }).toThrow(`${version}: LlamaGrammarEvaluationState._state is not as expected.`);
  });
});

describe('grammarAccepts', () => {
  it('tells whether a text fits a grammar', async () => {
    const grammar = await llama.createGrammar({ grammar: 'root ::= "a" [é-ü]*' });
    const texts = ['a', 'aéü', 'ab', '', 'éa'];
    expect(texts.map((text) => grammarAccepts(grammar, text))).toEqual([true, true, false, false, false]);
  });

  it('says so when the function has moved', async () => {
    const grammar = await llama.createGrammar({ grammar: 'root ::= "a"' });
    expect(() => grammarAccepts(without(grammar, '_testText'), 'a')).toThrow(
      `${version}: LlamaGrammar._testText is not as expected.`,
    );
  });
});

describe('compileJinja', () => {
  it("reaches llama.cpp's renderer", () => {
    const render = compileJinja(llama, "{{ a | tojson }}{% if b is none %} none{% endif %}{{ c[1].d | default('x') }}");
    expect(render({ a: { z: 1, y: 'é"' }, b: null, c: [0, { d: 2.5 }] }), version).toBe(
      '{"z": 1, "y": "é\\""} none2.5',
    );
    expect(() => compileJinja(llama, '{% for %}'), version).toThrow('failed to compile template: Unexpected token');
    const refuse = compileJinja(llama, "{{ raise_exception('Not so') }}");
    expect(() => refuse({}), version).toThrow('\nError: Jinja Exception: Not so');
    const look = compileJinja(llama, '{{ a.b in [1] }}');
    expect(() => look({ a: {} }), version).toThrow('on undefined values');
  });

  it('says so when it has moved', () => {
    expect(() => compileJinja(without(llama, '_bindings'), '')).toThrow(
      `${version}: AddonJinjaRenderer is not as expected.`,
    );
  });
});

describe('jinjaFrom', () => {
  it('reaches the same renderer in the file that is loaded', () => {
    const compile = jinjaFrom(loadedNativeFile() ?? `no file of ${version}`);
    expect(compile('{{ a | tojson }}')({ a: ['é'] }), version).toBe('["é"]');
    expect(() => compile('{% for %}'), version).toThrow('failed to compile template: Unexpected token');
  });
});

describe('tokenSpelling', () => {
  it('reaches the vocabulary', () => {
    const [space = 0] = model.tokenize(' ', false);
    expect(tokenSpelling(model, space), version).toBe('Ġ');
    expect(tokenSpelling(model, model.tokens.eos ?? 0), version).toBe(specialTokens.endOfTurn);
  });

  it('says so when it has moved', () => {
    expect(() => tokenSpelling(without(model, '_model'), 0)).toThrow(
      `${version}: LlamaModel._model.getTokenString is not as expected.`,
    );
  });
});

describe('assertCacheType', () => {
  it('accepts the type that the library has taken over, and f16 by default', async () => {
    expect(() => {
      assertCacheType(library, model, 'F16');
    }, version).not.toThrow();
    const quantised = await llama.loadModel({
      modelPath: await syntheticModel({ dim: 128 }),
      /* eslint-disable @typescript-eslint/no-deprecated -- experimental, see load.ts */
      experimentalDefaultContextKvCacheKeyType: 'Q8_0',
      experimentalDefaultContextKvCacheValueType: 'Q8_0',
      /* eslint-enable @typescript-eslint/no-deprecated */
    });
    expect(() => {
      assertCacheType(library, quantised, 'Q8_0');
    }, version).not.toThrow();
    await quantised.dispose();
  });

  it('says so when the options were ignored', () => {
    expect(() => {
      assertCacheType(library, model, 'Q8_0');
    }).toThrow(`${version}: LlamaModelOptions.experimentalDefaultContextKvCacheKeyType is not as expected.`);
  });
});

describe('maxThreads', () => {
  it('limits the threads of an existing context from the next decode on, as calibration needs it', async () => {
    const context = await model.createContext({ contextSize: 256, threads: 2 });
    const sequence = context.getSequence();
    const threads: number[] = [];
    for (const maxThreads of [1, 2, 1]) {
      llama.maxThreads = maxThreads;
      await sequence.evaluateWithoutGeneratingNewTokens([libraryToken(65), libraryToken(66)]);
      threads.push(context.currentThreads);
    }
    expect(threads, version).toEqual([1, 2, 1]);
    await context.dispose();
  });
});

describe('the messages of llama.cpp', () => {
  /** The native libraries of this platform, which contain the texts of all messages. */
  function binaries(): Buffer[] {
    const folder = join(dirname(createRequire(import.meta.url).resolve('node-llama-cpp')), '../../@node-llama-cpp');
    return readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((path) => /(llama|ggml-base)[^/\\]*\.(so|dylib|dll|node)$/.test(path))
      .map((path) => readFileSync(join(folder, path)));
  }

  it('contain the texts that we look for', () => {
    const contents = binaries();
    for (const text of Object.values(llamaCppMessages)) {
      const isContained = contents.some((content) => content.includes(text));
      expect(isContained, `${version}: no message of its llama.cpp contains "${text}"`).toBe(true);
    }
  });
});
