import { describe, expect, it } from 'vitest';
import Bench from '../../src/commands/bench.js';
import BenchAgent from '../../src/commands/bench-agent.js';
import ClusterStatus from '../../src/commands/cluster/status.js';
import Compare from '../../src/commands/compare.js';
import ConfigCheck from '../../src/commands/config/check.js';
import HistoryAdd from '../../src/commands/history/add.js';
import HistoryCheck from '../../src/commands/history/check.js';
import HistoryExport from '../../src/commands/history/export.js';
import HistoryShow from '../../src/commands/history/show.js';
import KeysNew from '../../src/commands/keys/new.js';
import Models from '../../src/commands/models/index.js';
import ModelsPull from '../../src/commands/models/pull.js';
import ModelsRm from '../../src/commands/models/rm.js';
import Node from '../../src/commands/node.js';
import Serve from '../../src/commands/serve.js';
import Top from '../../src/commands/top.js';
import { member } from '../../src/core/base/json.js';

/** The parts of a command's class that the tests look at. */
interface CommandClass {
  readonly summary?: string | undefined;
  readonly usage?: string | readonly string[] | undefined;
  readonly args: Readonly<Record<string, object>>;
  readonly flags?: Readonly<Record<string, object>>;
  readonly baseFlags: Readonly<Record<string, object>>;
}

const commands: Readonly<Record<string, CommandClass>> = {
  bench: Bench,
  'bench-agent': BenchAgent,
  'cluster status': ClusterStatus,
  compare: Compare,
  'config check': ConfigCheck,
  'history add': HistoryAdd,
  'history check': HistoryCheck,
  'history export': HistoryExport,
  'history show': HistoryShow,
  'keys new': KeysNew,
  models: Models,
  'models pull': ModelsPull,
  'models rm': ModelsRm,
  node: Node,
  serve: Serve,
  top: Top,
};

interface Flag {
  readonly command: string;
  readonly name: string;
  /** As it was given to oclif; undefined if it was not. */
  readonly get: (property: string) => unknown;
}

const surface: readonly Flag[] = Object.entries(commands).flatMap(([command, { flags, baseFlags }]) =>
  Object.entries({ ...flags, ...baseFlags }).map(([name, flag]) => ({
    command,
    name,
    get: (property) => member(flag, property),
  })),
);

function shownDefault({ get }: Flag): unknown {
  const help = get('defaultHelp') as (() => Promise<string>) | undefined;
  return help === undefined ? get('default') : help();
}

/** What a script may rely on, in a line. */
async function lineOf(flag: Flag): Promise<string> {
  const { name, get } = flag;
  const text = (label: string, value: unknown): string[] =>
    value === undefined ? [] : [`[${label}: ${[value as string | readonly string[]].flat().join('|')}]`];
  const value = get('type') === 'boolean' ? [] : [get('multiple') === true ? '<value>...' : '<value>'];
  return [
    `  ${get('char') === undefined ? '   ' : `-${String(get('char'))},`} --${name}`,
    ...value,
    ...text('default', await shownDefault(flag)),
    ...text('options', get('options')),
    ...text('env', get('env')),
    ...text('exclusive', get('exclusive')),
    ...text('depends on', get('dependsOn')),
    ...text('group', get('helpGroup')),
  ].join(' ');
}

describe('the commands and their flags', () => {
  it('are those that scripts rely on', async () => {
    const parts = await Promise.all(
      Object.entries(commands).map(async ([command, { args }]) => {
        const names = Object.entries(args).map(([name, arg]) =>
          member(arg, 'required') === true ? name : `[${name}]`,
        );
        const flags = await Promise.all(surface.filter((each) => each.command === command).map(lineOf));
        return [[command, ...names].join(' '), ...flags, ''].join('\n');
      }),
    );
    await expect(parts.join('\n')).toMatchFileSnapshot('surface.txt');
  });

  it('are not all in the usage, where they are many: the list below it is grouped and explains them', () => {
    const many = Object.entries(commands).filter(([, { flags }]) => Object.keys(flags ?? {}).length > 15);
    expect(many.length).toBeGreaterThan(2);
    for (const [command, { usage }] of many) expect(usage, command).toMatch(/ \[FLAGS\]$/);
  });

  it('leave -h and -v to help and version', () => {
    expect(surface.map(({ get }) => get('char')).filter((char) => char === 'h' || char === 'v')).toEqual([]);
  });

  it('are explained in one line each, which ends as a sentence does', () => {
    for (const { command, name, get } of surface) {
      expect(get('summary'), `${command} --${name}`).toMatch(/^\S.{5,140}\.$/);
    }
    for (const { summary } of Object.values(commands)) expect(summary).toMatch(/^[A-Z].{20,100}\.$/);
  });
});

describe('a variable that sets flags of several commands', () => {
  /** In bench these are one key, the first of those that a server takes, and one model. */
  const exceptions: readonly unknown[] = ['CHATSTREAM_API_KEY', 'CHATSTREAM_MODEL'];

  it('means the same to all of them', () => {
    const meanings = new Map<unknown, Set<string>>();
    for (const { name, get } of surface) {
      const meaning = JSON.stringify([name, get('type'), get('multiple'), get('options'), String(get('parse'))]);
      meanings.set(get('env'), (meanings.get(get('env')) ?? new Set()).add(meaning));
    }
    const ambiguous = [...meanings].filter(([, each]) => each.size > 1).map(([variable]) => variable);
    expect(ambiguous).toEqual(exceptions);
  });
});
