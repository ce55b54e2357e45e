import { describe, expect, it } from 'vitest';
import {
  checkAllowed,
  checkComparable,
  differencesOf,
  differenceTexts,
} from '../../../src/core/compare/differences.js';
import type { Sides } from '../../../src/core/compare/side.js';
import { compare } from '../../../src/core/compare/verdicts/compare.js';
import type { BenchResult } from '../../../src/core/measurement/result-schema.js';
import { alternately, pair, resultOf } from './sides.js';

const base = resultOf(1, { completed: 20 });

function differing(change: (result: BenchResult) => void): readonly string[] {
  const candidate = structuredClone(base);
  change(candidate);
  return differencesOf(pair(base, candidate)).map(({ field }) => field);
}

describe('results are comparable', () => {
  it.each<[string, (result: BenchResult) => void]>([
    ['nothing at all', () => undefined],
    ['the address, as it does each time', (result) => (result.target.url = 'http://127.0.0.1:41337')],
    ['the version of the server, which is the point', (result) => (result.target.server = 'chatstream/0.2.0')],
    ['the kind of server', (result) => (result.target.server = 'vllm/0.11.0')],
    [
      'how often and at which settings it was measured',
      (result) => {
        result.plan = { ...result.plan, trials: 9, concurrency: [8, 16], max_concurrency: [1, 2] };
        result.plan.least_requests = 20;
        result.plan.longest_ms = 60_000;
      },
    ],
    ['their rates, of a sweep', (result) => (result.plan.rates = [1, 2])],
    ['their objectives, which do not shape the load', (result) => (result.plan.slo = ['ttft.p95<1s'])],
    ['the salt of their words', (result) => (result.plan.prompt_salt = 4711)],
    ['a little memory', (result) => (result.machine.memory_bytes *= 0.99)],
    [
      'what one side does not know',
      (result) => {
        result.target.engine = null;
        result.target.settings = { slots: 4 };
      },
    ],
  ])('if they differ in %s', (_, change) => {
    expect(differing(change)).toEqual([]);
  });
});

describe('results are not comparable', () => {
  it.each<[string, (result: BenchResult) => void]>([
    ['plan.duration_ms', (result) => (result.plan.duration_ms = 5000)],
    ['plan.duet', (result) => (result.plan.duet = true)],
    ['plan.no_param', (result) => (result.plan.no_param = ['temperature'])],
    ['plan.extra_body', (result) => (result.plan.extra_body = { top_k: 1 })],
    ['plan.input_tokens', (result) => (result.plan.input_tokens = null)],
    ['machine.cpu', (result) => (result.machine.cpu = 'Another 1000')],
    ['machine.gpus', (result) => (result.machine.gpus = ['NVIDIA H200'])],
    ['machine.memory_bytes', (result) => (result.machine.memory_bytes *= 2)],
    ['model', (result) => (result.target.model = 'another')],
    ['engine', (result) => (result.target.engine = 'mock')],
  ])('if they differ in %s', (field, change) => {
    expect(differing(change)).toEqual([field]);
  });

  it('in times and sizes, which are as readable as in tables if that tells them apart', () => {
    const timed = (timeoutMs: number, memory: number): BenchResult => ({
      ...base,
      plan: { ...base.plan, timeout_ms: timeoutMs },
      machine: { ...base.machine, memory_bytes: memory },
    });
    const texts = (one: BenchResult, other: BenchResult): readonly string[] =>
      differenceTexts(differencesOf(pair(one, other)));
    expect(texts(timed(1500, 2 ** 30), timed(60_000, 2 ** 34))).toEqual([
      'plan.timeout_ms (1.5 s and 1 min)',
      'machine.memory_bytes (1.0 GiB and 16.0 GiB)',
    ]);
    expect(texts(timed(60_000, 1), timed(60_001, 1))).toEqual(['plan.timeout_ms (60000 and 60001)']);
  });

  it('if only the first was measured beside another server', () => {
    const duet = structuredClone(base);
    duet.plan.duet = true;
    expect(differencesOf(pair(duet, base)).map(({ field }) => field)).toEqual(['plan.duet']);
  });

  it('if servers were started differently, as far as both say', () => {
    const [one, other] = [structuredClone(base), structuredClone(base)];
    one.target.settings = { slots: 4, max_queue: 64 };
    other.target.settings = { slots: 8, max_queue: 64, threads: 1, model: '/models/elsewhere.gguf' };
    one.target.engine = null;
    expect(differencesOf(pair(one, other))).toEqual([{ field: 'settings.slots', baseline: '4', candidate: '8' }]);
  });

  it('if a server that the bench has started was given a flag that the other was not', () => {
    const [one, other] = [structuredClone(base), structuredClone(base)];
    other.target.settings = { threads: 1, model: '/models/elsewhere.gguf' };
    expect(differencesOf(pair(one, other))).toEqual([
      { field: 'settings.threads', baseline: '"default"', candidate: '1' },
    ]);
  });

  it('in the operating system or its version, but not in its build', () => {
    const on = (os: string): BenchResult => ({ ...base, machine: { ...base.machine, os } });
    const fields = (one: string, other: string): readonly object[] => differencesOf(pair(on(one), on(other)));
    expect(fields('Linux 6.8.0-1021-azure', 'Linux 6.8.0-1030-azure')).toEqual([]);
    expect(fields('Darwin 24.3.0', 'Darwin 24.6.0')).toMatchObject([
      { field: 'machine.os', baseline: '"Darwin 24.3"', candidate: '"Darwin 24.6"' },
    ]);
    expect(fields('Linux 6.8.0-1021-azure', 'Linux 6.11.0-1018-azure')).toHaveLength(1);
    expect(fields('Linux 6.8', 'unknown')).toHaveLength(1);
  });

  it('in whatever order the fields of an object are written', () => {
    const [one, other] = [structuredClone(base), structuredClone(base)];
    one.plan.extra_body = { top_k: 1, min_p: 0.1 };
    other.plan.extra_body = { min_p: 0.1, top_k: 1 };
    expect(differencesOf(pair(one, other))).toEqual([]);
  });
});

describe('values that differ', () => {
  const textsOf = (before: Partial<BenchResult['plan']>, after: Partial<BenchResult['plan']>): readonly string[] => {
    const [one, other] = [structuredClone(base), structuredClone(base)];
    Object.assign(one.plan, before);
    Object.assign(other.plan, after);
    return differencesOf(pair(one, other)).flatMap(({ baseline, candidate }) => [baseline, candidate]);
  };
  const tenant = (name: string, clients: number): NonNullable<BenchResult['plan']['tenants']>[number] => ({
    name,
    clients,
    weight: 1,
    workload: 'synthetic',
    input_tokens: '64',
    output_tokens: '64',
    shared_prefix_tokens: 0,
  });
  const trace = { format: 'azure', rows: 20, seconds: 8, speed: 1, session_rows: 'none' } as const;

  it('are the rates and times of stages', () => {
    const stages = [
      { from_rate: 5, to_rate: 5, duration_ms: 1000 },
      { from_rate: 5, to_rate: 10, duration_ms: 60_000 },
    ];
    expect(textsOf({}, { stages })).toEqual(['none', '5/s for 1 s, then 5/s to 10/s in 1 min']);
  });

  it('are the names of tenants that only one side has, and what others have in another way', () => {
    expect(textsOf({}, { tenants: [tenant('blue', 1), tenant('red', 1)] })).toEqual(['none', 'blue, red']);
    expect(
      textsOf(
        { tenants: [tenant('blue', 1), tenant('red', 1), tenant('green', 2)] },
        { tenants: [tenant('blue', 1), tenant('red', 4)] },
      ),
    ).toEqual(['red (clients 1), green', 'red (clients 4)']);
  });

  it('are those of a trace that are not the same', () => {
    expect(textsOf({ trace }, { trace: { ...trace, speed: 2 } })).toEqual(['speed 1', 'speed 2']);
  });
});

describe('a difference', () => {
  const differences = [
    { field: 'plan.seed', baseline: '1', candidate: '2' },
    { field: 'machine.os', baseline: '"Linux 6.8"', candidate: '"Linux 6.9"' },
  ];

  it('is refused with its name, both values and what to say', () => {
    expect(() => {
      checkComparable(differences, ['machine']);
    }).toThrow(
      expect.objectContaining({
        code: 'usage',
        message: 'Baseline and candidate are not comparable: they differ in plan.seed (1 and 2).',
        hint: expect.stringContaining('--allow plan.seed') as string,
      }) as Error,
    );
  });

  it.each([[['plan', 'machine']], [['plan.seed', 'machine.os']]])('is allowed by %j', (allowed) => {
    expect(() => {
      checkComparable(differences, allowed);
    }).not.toThrow();
  });

  it('is told on one line, whatever the files say', () => {
    const field = 'settings.a\n::stop-commands::x';
    expect(() => {
      checkComparable([{ field, baseline: 'b\r\n::error::c', candidate: 'd' }], []);
    }).toThrow(
      expect.objectContaining({
        message:
          'Baseline and candidate are not comparable: they differ in settings.a ::stop-commands::x (b  ::error::c and d).',
        hint: expect.stringContaining('--allow settings.a ::stop-commands::x.') as string,
      }) as Error,
    );
  });

  it('cannot be allowed by an unknown name', () => {
    expect(() => {
      checkAllowed(['model', 'plan.seed']);
    }).not.toThrow();
    expect(() => {
      checkAllowed(['modell']);
    }).toThrow('--allow modell does not name a possible difference.');
  });

  it('is a parameter that only one side left out', () => {
    expect(differing((result) => (result.plan.no_param = ['ignore_eos']))).toEqual(['plan.no_param']);
    expect(differing((result) => (result.plan.no_param = []))).toEqual([]);
  });

  it('is what two servers are, unless they were measured in one run, which is said in a note', () => {
    const other = structuredClone(base);
    other.target.model = 'another';
    other.target.engine = 'mock';
    other.target.settings = { max_queue: 4 };
    const fields = differencesOf(pair(base, other)).map(({ field }) => field);
    expect(fields).toEqual(['model', 'engine', 'settings.max_queue']);
    expect(differencesOf(alternately(base, other))).toEqual([]);
    const { notes, differences } = compare(alternately(base, other), { thresholds: [], allowed: [] });
    expect(notes).toContain(
      `The sides differ in model ("${base.target.model}" and "another"), engine ("${String(base.target.engine)}" and "mock") and settings.max_queue ("default" and 4).`,
    );
    expect(differences).toEqual([]);
    const alike = compare(alternately(base, base), { thresholds: [], allowed: [] });
    expect(alike.notes.join()).not.toContain('differ in');
  });

  it('is the model of two servers that were measured in one run, if the comparison is strict', () => {
    const other = { ...base, target: { ...base.target, model: 'another' } };
    const strictly = (candidate: BenchResult, allowed: readonly string[]) =>
      compare(alternately(base, candidate), { thresholds: [], allowed, strict: true });
    expect(() => strictly(other, [])).toThrow('With --strict, two servers must have the same model');
    expect(strictly(other, ['model']).models).toBeNull();
    expect(strictly(base, []).models).toBeNull();
  });

  it('is what the servers found in their prompt caches, unless they were measured alternately', () => {
    const cached = (share: number): BenchResult => {
      const result = resultOf(1);
      const cache = { cached_tokens: 1000 * share, prompt_tokens: 1000, share, source: 'usage' } as const;
      return { ...result, runs: result.runs.map((run) => ({ ...run, prompt_cache: cache })) };
    };
    const fields = (sides: Sides): readonly string[] => differencesOf(sides).map(({ field }) => field);
    expect(fields(pair(cached(0), cached(0.04)))).toEqual([]);
    expect(fields(pair(cached(0), cached(0.97)))).toEqual(['prompt_cache']);
    expect(fields(alternately(cached(0), cached(0.97)))).toEqual([]);
    expect(compare(alternately(cached(0), cached(0.97)), { thresholds: [], allowed: [] }).notes[0]).toContain(
      'prompt caches helped them differently: 0 % of the prompt tokens were cached on the baseline, 97 %',
    );
  });
});
