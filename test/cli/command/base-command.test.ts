import { fileURLToPath } from 'node:url';
import { Args, Errors, Flags } from '@oclif/core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BaseCommand } from '../../../src/cli/command/base-command.js';
import { durationFlag } from '../../../src/cli/flags/flags.js';
import { ChatstreamError } from '../../../src/core/base/errors.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));

let failure: Error | undefined;
let failures: readonly ChatstreamError[] = [];

const written: string[] = [];
const json: unknown[] = [];

class Example extends BaseCommand {
  static override flags = {
    count: Flags.integer({ char: 'c', min: 1, max: 1000, env: 'CHATSTREAM_COUNT' }),
    wait: durationFlag({ env: 'CHATSTREAM_WAIT' }),
    gpu: Flags.option({ options: ['auto', 'cuda', 'off'] as const, env: 'CHATSTREAM_GPU' })(),
    'api-key': Flags.string({ env: 'CHATSTREAM_API_KEY' }),
    slots: Flags.integer({ dependsOn: ['count', 'gpu'] }),
    queue: Flags.string({ exclusive: ['api-key', 'count'] }),
    quiet: Flags.boolean({ env: 'CHATSTREAM_QUIET' }),
  };

  async run(): Promise<object> {
    await this.parse(Example);
    if (failure !== undefined) throw failure;
    this.explainFailures(failures);
    return { done: true };
  }

  override logJson(value: unknown): void {
    json.push(value);
  }
}

/** Reads its arguments twice, the second time with what a file says. */
class Configured extends Example {
  override async run(): Promise<object> {
    await this.parse(Configured);
    await this.parse(Configured, ['--api-key=secret']);
    return {};
  }
}

class Named extends Example {
  static override args = {
    name: Args.string({ description: 'What logs will call it', required: true }),
    place: Args.string(),
  };

  override async run(): Promise<object> {
    await this.parse(Named);
    return {};
  }
}

/** Runs the command. @returns the exit code it ends with */
async function exitCodeOf(...argv: readonly string[]): Promise<number> {
  try {
    await Example.run([...argv], root);
    return 0;
  } catch (error) {
    if (error instanceof Errors.ExitError) return error.oclif.exit ?? 0;
    throw error;
  }
}

beforeEach(() => {
  failure = undefined;
  failures = [];
  written.length = 0;
  json.length = 0;
  vi.spyOn(Example.prototype, 'logToStderr').mockImplementation((message) => {
    written.push(message ?? '');
  });
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

describe('a value that comes from the environment', () => {
  it.each([
    ['WAIT', 'soon', 'error: CHATSTREAM_WAIT: "soon" is not a duration.'],
    ['COUNT', 'xx', 'error: CHATSTREAM_COUNT: "xx" is not a whole number.'],
    ['GPU', 'cuda2', 'error: CHATSTREAM_GPU: "cuda2" is none of auto, cuda and off.'],
  ])('is named by its variable if it is wrong: %s', async (name, value, message) => {
    vi.stubEnv(`CHATSTREAM_${name}`, value);
    expect(await exitCodeOf()).toBe(2);
    expect(written[0]).toBe(message);
    if (name === 'GPU') expect(written[1]).toBe('Did you mean CHATSTREAM_GPU=cuda?');
  });

  it.each([['--count', 'yy'], ['--count=yy'], ['-c', 'yy'], ['-cyy']])(
    'is not blamed for what is typed: %s',
    async (...argv) => {
      vi.stubEnv('CHATSTREAM_COUNT', '3');
      expect(await exitCodeOf(...argv)).toBe(2);
      expect(written[0]).toBe('error: --count: "yy" is not a whole number.');
    },
  );
});

const noModel = new ChatstreamError('model_unreadable', 'There is no model.', { hint: 'Bring one.' });

describe('an error on a narrow terminal', () => {
  it('is broken between words', async () => {
    vi.spyOn(process, 'stderr', 'get').mockReturnValue(
      Object.assign(Object.create(process.stderr) as typeof process.stderr, { isTTY: true, columns: 24 }),
    );
    vi.stubEnv('NO_COLOR', '1');
    failure = new ChatstreamError('model_unreadable', 'There is no model in this folder.', {
      hint: 'Bring one, or name another folder.',
    });
    expect(await exitCodeOf()).not.toBe(0);
    expect(written).toEqual(['error: There is no model\nin this folder.', 'Bring one, or name\nanother folder.']);
  });
});

describe('an argument', () => {
  it('too many of them are named, with those that there are', async () => {
    await expect(Named.run(['a', 'b', 'c'], root)).rejects.toThrow(Errors.ExitError);
    expect(written).toEqual([
      'error: An argument is too many: "c".',
      'This command takes NAME [PLACE]. Write the values of a flag without spaces: 1,2,4.',
    ]);
  });

  it('that is missing is named, with what it is', async () => {
    await expect(Named.run([], root)).rejects.toThrow(Errors.ExitError);
    expect(written).toEqual([
      'error: NAME is missing: what logs will call it.',
      'Write it after the command: NAME [PLACE].',
    ]);
  });
});

describe('a key', () => {
  it('on the command line is warned of, once', async () => {
    await Configured.run(['--api-key', 'secret'], root);
    expect(written).toEqual([expect.stringContaining('set CHATSTREAM_API_KEY instead')]);
    expect(written.join()).not.toContain('secret');
  });

  it('that is empty is not, as a variable in a script may be', async () => {
    await Example.run(['--api-key='], root);
    expect(written).toEqual([]);
  });

  it('in a file or in the environment is not', async () => {
    await Configured.run([], root);
    vi.stubEnv('CHATSTREAM_API_KEY', 'secret');
    await Example.run([], root);
    expect(written).toEqual([]);
  });
});

describe('a command', () => {
  it('prints nothing of its own when it succeeds', async () => {
    expect(await exitCodeOf()).toBe(0);
    expect([written, json]).toEqual([[], []]);
  });

  it('explains an error to a person: what happened, and what to do', async () => {
    failure = noModel;
    expect(await exitCodeOf()).toBe(3);
    expect(written).toEqual(['error: There is no model.', 'Bring one.']);
    expect(json).toEqual([]);
  });

  it('explains an error to a script', async () => {
    failure = noModel;
    expect(await exitCodeOf('--json')).toBe(3);
    expect(json).toEqual([{ error: { code: 'model_unreadable', message: 'There is no model.', hint: 'Bring one.' } }]);
    expect(written).toEqual([]);
  });

  it('says what to do where no more files can be opened, without a stack trace', async () => {
    failure = Object.assign(new Error('EMFILE: too many open files, open'), { code: 'EMFILE' });
    expect(await exitCodeOf()).toBe(1);
    expect(written).toEqual([
      'error: This process may not open as many files and connections as it needs.',
      expect.stringContaining('ulimit -n') as string,
    ]);
  });

  it('shows where an unexpected error comes from', async () => {
    failure = new TypeError('a bug');
    expect(await exitCodeOf()).toBe(1);
    expect(written.join('\n')).toContain('TypeError: a bug\n    at ');
  });

  it('calls an unexpected error internal, towards scripts', async () => {
    failure = new TypeError('a bug');
    expect(await exitCodeOf('--json')).toBe(1);
    expect(json).toEqual([{ error: { code: 'internal', message: 'a bug', hint: null } }]);
  });

  it.each([
    ['an unknown flag', ['--nope'], '--nope'],
    ['a flag out of its range', ['--count', '0'], '--count'],
    ['a flag of its own kind', ['--wait', 'soon'], '--wait'],
    ['an argument that it does not take', ['word'], 'word'],
  ])('treats %s as wrong usage', async (_, argv, mentioned) => {
    expect(await exitCodeOf(...argv)).toBe(2);
    expect(written.join('\n')).toContain(mentioned);
  });

  it('tells scripts in one line what is wrong with a flag', async () => {
    expect(await exitCodeOf('--count', '0', '--json')).toBe(2);
    expect(json).toEqual([
      {
        error: {
          code: 'usage',
          message: '--count: 0 is too small.',
          hint: 'Write a whole number of at least 1.',
        },
      },
    ]);
  });

  it('tells scripts in one line what is wrong with a duration', async () => {
    expect(await exitCodeOf('--wait', 'soon', '--json')).toBe(2);
    expect(json).toMatchObject([{ error: { code: 'usage', message: '--wait: "soon" is not a duration.' } }]);
  });

  it('tells people in one line what is wrong with a duration, and what to write', async () => {
    expect(await exitCodeOf('--wait', 'soon')).toBe(2);
    expect(written).toEqual([
      'error: --wait: "soon" is not a duration.',
      'Write a number and a unit, such as 250ms, 10s or 2m.',
    ]);
  });

  it.each([
    [['--cuont', '4'], 'There is no flag --cuont.', 'Did you mean --count?'],
    [['--cuont=4'], 'There is no flag --cuont.', 'Did you mean --count?'],
    [['--log-levle', 'info'], 'There is no flag --log-levle.', 'Did you mean --log-level?'],
    [['--jsn'], 'There is no flag --jsn.', 'Did you mean --json?'],
    [['--hepl'], 'There is no flag --hepl.', 'Did you mean --help?'],
    [['--c', '4'], 'There is no flag --c.', 'Did you mean -c (--count)?'],
    [['--key', 'abc'], 'There is no flag --key.', 'Did you mean --api-key?'],
    [['--temperature', '4'], 'There is no flag --temperature.', 'See --help.'],
    [['--gpu', 'cud'], '--gpu: "cud" is none of auto, cuda and off.', 'Did you mean --gpu cuda?'],
    [['--gpu', 'tpu'], '--gpu: "tpu" is none of auto, cuda and off.', 'Write one of these.'],
  ])('guesses what was meant by %j', async (argv, message, hint) => {
    expect(await exitCodeOf(...argv)).toBe(2);
    expect(written).toEqual([`error: ${message}`, hint]);
    expect(await exitCodeOf(...argv, '--json')).toBe(2);
    expect(json).toEqual([{ error: { code: 'usage', message, hint } }]);
  });

  it.each([
    [['--slots', '4'], '--slots needs --count and --gpu.', 'Add --count and --gpu.'],
    [['--queue', 'q', '--count', '4'], '--count and --queue cannot be combined.', 'Leave out one of the two.'],
    [['--api-key', 'secret', '--queue', 'q'], '--api-key and --queue cannot be combined.', 'Leave out one of the two.'],
    [
      ['--api-key', 'secret', '--queue', 'q', '--slots', '4', '--gpu', 'off'],
      '--api-key and --queue cannot be combined. --slots needs --count and --gpu.',
      'See --help.',
    ],
    [['--count', '4', '--count', '5'], '--count is given more than once.', 'Give it once.'],
    [['--count'], '--count has no value.', 'Write it after the flag: --count VALUE.'],
  ])('says what is wrong with the combination %j, and what to do', async (argv, message, hint) => {
    expect(await exitCodeOf(...argv)).toBe(2);
    expect(written).toEqual([`error: ${message}`, hint]);
  });

  it.each([
    [
      ['--count', 'tcp://10.3.2.1:80'],
      '--count: "tcp://10.3.2.1:80" is not a whole number.',
      'Kubernetes sets such variables for a service of this name: set enableServiceLinks: false in the pod.',
    ],
    [['--count', '2.5'], '--count: "2.5" is not a whole number.', 'Write one with digits only, such as 8.'],
    [['--count', '1001'], '--count: 1001 is too large.', 'Write a whole number of at most 1000.'],
    [
      ['word'],
      'An argument is too many: "word".',
      'This command takes flags only. Write the values of a flag without spaces: 1,2,4.',
    ],
    [
      ['--count', '4', 'slots'],
      'An argument is too many: "slots".',
      'Did you mean --slots? This command takes flags only. Write the values of a flag without spaces: 1,2,4.',
    ],
    [
      ['one', 'two'],
      '2 arguments are too many: "one" and "two".',
      'This command takes flags only. Write the values of a flag without spaces: 1,2,4.',
    ],
  ])('says what to do about %j', async (argv, message, hint) => {
    expect(await exitCodeOf(...argv)).toBe(2);
    expect(written).toEqual([`error: ${message}`, hint]);
  });

  it.each([
    [[], '\nerror: A is full.\nFree some space.\nerror: B is gone.\n'],
    [['--json'], 'error: A is full.\nFree some space.\nerror: B is gone.\n'],
  ])('prints what went wrong after a report apart from it, but for %j', async (argv, text) => {
    const stderr = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    failures = [
      new ChatstreamError('internal', 'A is full.', { hint: 'Free some space.' }),
      new ChatstreamError('internal', 'B is gone.'),
    ];
    await exitCodeOf(...argv);
    expect(stderr.mock.calls.map(([written]) => written)).toEqual([text]);
  });

  it.each(['1', 'true'])('speaks JSON with CHATSTREAM_JSON=%s', async (value) => {
    vi.stubEnv('CHATSTREAM_JSON', value);
    await exitCodeOf();
    expect(json).toEqual([{ done: true }]);
  });

  it.each(['', '0', 'false'])('speaks to people with CHATSTREAM_JSON=%j', async (value) => {
    vi.stubEnv('CHATSTREAM_JSON', value);
    await exitCodeOf();
    expect(json).toEqual([]);
  });

  it.each(['CHATSTREAM_QUIET', 'CHATSTREAM_JSON'])('takes only true or false from %s', async (variable) => {
    vi.stubEnv(variable, 'on');
    expect(await exitCodeOf()).toBe(2);
    expect(written).toEqual([`error: ${variable}: "on" is neither true nor false.`, 'Write true or false.']);
  });

  it('does not read the variable of a flag that is typed', async () => {
    vi.stubEnv('CHATSTREAM_QUIET', 'on');
    expect(await exitCodeOf('--quiet')).toBe(0);
  });

  it.each(['1', 'TRUE', 'yes', 'y', '0', 'false', 'no', 'n', ''])('takes CHATSTREAM_QUIET=%j', async (value) => {
    vi.stubEnv('CHATSTREAM_QUIET', value);
    expect(await exitCodeOf()).toBe(0);
  });
});
