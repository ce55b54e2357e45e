import { readFileSync } from 'node:fs';
import { Type } from 'typebox';
import { describe, expect, it } from 'vitest';
import { parseAs } from '../support/parse-as.js';
import { codeIn, codeLinesOf, readPage, root, type Row, rowsOf, withoutCodeBlocks } from './markdown.js';

/** What the documentation states about a flag, as the build writes it to oclif's manifest. */
const flagSchema = Type.Object({
  name: Type.String(),
  type: Type.Enum(['boolean', 'option']),
  char: Type.Optional(Type.String()),
  summary: Type.Optional(Type.String()),
  default: Type.Optional(Type.Union([Type.String(), Type.Number()])),
  options: Type.Optional(Type.Array(Type.String())),
  env: Type.Optional(Type.String()),
});
const manifestSchema = Type.Object({
  commands: Type.Record(Type.String(), Type.Object({ flags: Type.Record(Type.String(), flagSchema) })),
});

type Flag = Type.Static<typeof flagSchema>;

const { commands } = parseAs(manifestSchema, JSON.parse(readFileSync(`${root}oclif.manifest.json`, 'utf8')));

function flagsOf(command: string): readonly Flag[] {
  const flags = Object.values(commands[command]?.flags ?? {});
  if (flags.length === 0) throw new Error(`The manifest has no command ${command}.`);
  return flags;
}

const references = [
  { page: 'docs/serve.md', command: 'serve' },
  { page: 'docs/bench.md', command: 'bench' },
  { page: 'docs/bench-agents.md', command: 'bench-agent' },
  { page: 'docs/cluster.md', command: 'cluster:status' },
  { page: 'docs/ci.md', command: 'compare' },
  { page: 'docs/top.md', command: 'top' },
  { page: 'docs/chat.md', command: 'chat' },
];

/** `-m, --model`, as the first column writes it, each in code. */
function spelling({ name, char }: Flag): string {
  return char === undefined ? `\`--${name}\`` : `\`-${char}\`, \`--${name}\``;
}

/** What the column of defaults has to say. */
function statedDefault({ type, default: value }: Flag): unknown {
  if (value === undefined) return type === 'boolean' ? 'off' : 'none';
  // Words may differ, but not look like a value.
  return String(value).includes(' ') ? expect.stringMatching(/^(?!none$|off$|`[^`]*`$)./) : `\`${value}\``;
}

function variableOf({ env = '' }: Flag): string {
  return env;
}

describe.each(references)('the flag reference of $command in $page', ({ page, command }) => {
  const flags = flagsOf(command);
  const rows = rowsOf(readPage(page), 'flag').filter((row) => row.has('default'));
  const stated = (of: (row: Row) => unknown): object =>
    Object.fromEntries(rows.map((row) => [row.get('flag') ?? '', of(row)]));
  const real = (of: (flag: Flag) => unknown): object =>
    Object.fromEntries(flags.map((flag) => [spelling(flag), of(flag)]));

  it('has every flag once, and no other', () => {
    expect(rows.map((row) => row.get('flag')).sort()).toEqual(flags.map(spelling).sort());
  });

  it('states the defaults', () => {
    expect(stated((row) => row.get('default'))).toEqual(real(statedDefault));
  });

  it('states the choices', () => {
    const choices = (row: Row): unknown => codeIn(/\bOne of (`.+`)\.$/.exec(row.get('') ?? '')?.[1] ?? '');
    expect(stated(choices)).toEqual(real(({ options = [] }) => options));
  });

  it('states the environment variables, where it has a column for them', () => {
    const withColumn = rows.filter((row) => row.has('environment'));
    const variables = withColumn.map((row) => [row.get('flag'), row.get('environment')]);
    const wrong = variables.filter(([name, variable]) => {
      const flag = flags.find((each) => spelling(each) === name);
      return flag === undefined || variable !== `\`${variableOf(flag)}\``;
    });
    expect(wrong).toEqual([]);
  });
});

/** Pages that state one rule for the environment variables of all flags. */
const rules = [
  { page: 'docs/serve.md', command: 'serve', exceptions: {} },
  {
    page: 'docs/bench.md',
    command: 'bench',
    exceptions: { 'max-concurrency': 'CHATSTREAM_BENCH_MAX_CONCURRENCY', config: 'CHATSTREAM_BENCH_CONFIG' },
  },
  { page: 'docs/ci.md', command: 'compare', exceptions: { output: 'CHATSTREAM_COMPARE_OUTPUT' } },
];

it.each(rules)('the rule for environment variables in $page is right', ({ page, command, exceptions }) => {
  const text = readPage(page).replace(/\s+/g, ' ');
  expect(text).toContain("environment variable: `CHATSTREAM_` followed by the flag's name");
  for (const [name, variable] of Object.entries(exceptions))
    expect(text).toContain(`\`--${name}\` reads \`${variable}\``);
  const flags = flagsOf(command);
  const special = new Map<string, string>(Object.entries(exceptions));
  const byRule = flags.map(({ name }) => [
    name,
    special.get(name) ?? `CHATSTREAM_${name.replaceAll('-', '_').toUpperCase()}`,
  ]);
  expect(flags.map((flag) => [flag.name, variableOf(flag)])).toEqual(byRule);
});

describe('docs/models.md', () => {
  const named = new Set(
    Array.from(readPage('docs/models.md').matchAll(/(?<![\w-])--([a-z][a-z-]*)/g), ([, name]) => name),
  );

  it.each(['models', 'models:pull', 'models:rm'])('names every flag of %s', (command) => {
    expect(flagsOf(command).filter(({ name }) => !named.has(name))).toEqual([]);
  });
});

describe('docs/history.md', () => {
  const commandNames = ['add', 'show', 'check', 'export'];

  it.each(commandNames)('lists the flags of %s with their defaults', (name) => {
    const shared = ['log-level', 'json', ...(name === 'add' ? [] : ['file'])];
    const flags = flagsOf(`history:${name}`).filter((flag) => !shared.includes(flag.name));
    const rows = rowsOf(readPage('docs/history.md'), `flag of \`${name}\``);
    expect(rows.map((row) => row.get(`flag of \`${name}\``)).sort()).toEqual(flags.map(spelling).sort());
    for (const flag of flags.filter((each) => each.default !== undefined)) {
      const row = rows.find((each) => each.get(`flag of \`${name}\``) === spelling(flag));
      expect(row?.get('default')).toBe(`\`${String(flag.default)}\``);
    }
  });

  it('names every variable that the rule does not give', () => {
    const flags = commandNames.flatMap((name) => flagsOf(`history:${name}`));
    const byRule = ({ name }: Flag): string => `CHATSTREAM_${name.replaceAll('-', '_').toUpperCase()}`;
    const special = new Set(flags.filter((flag) => variableOf(flag) !== byRule(flag)).map(variableOf));
    const named = codeIn(readPage('docs/history.md')).filter((code) => code.startsWith('CHATSTREAM_HISTORY_'));
    expect(named.sort()).toEqual([...special].sort());
  });
});

const pages = [
  'README.md',
  ...['serve', 'monitoring', 'deployment', 'api', 'tools', 'history', 'metrics', 'models'].map(
    (name) => `docs/${name}.md`,
  ),
  ...['bench', 'result-files', 'ci', 'gate'].map((name) => `docs/${name}.md`),
];

/** Flags of other programs that the pages mention, and oclif's own. */
const others = new Set([
  ...['adapter', 'help', 'parallel', 'max-num-seqs', 'max-num-queued-reqs', 'max-num-queued-tokens', 'omit', 'global'],
  ...['enable-cache-report', 'enable-prompt-tokens-details', 'stream-interval', 'shm-size', 'use-server-token-count'],
]);

describe.each(pages)('%s', (page) => {
  const text = readPage(page);
  const known = new Set(Object.keys(commands).flatMap((command) => flagsOf(command).map(({ name }) => name)));

  it('mentions only flags that exist', () => {
    const mentioned = codeIn(withoutCodeBlocks(text)).flatMap((code) =>
      Array.from(code.matchAll(/(?:^|\s)--([a-z][a-z-]*)/g), ([, name = '']) => name),
    );
    expect(mentioned.filter((name) => !known.has(name) && !others.has(name))).toEqual([]);
  });

  it('gives no command a flag that it does not have', () => {
    const wrong = codeLinesOf(text).flatMap((line) => {
      const [, command, rest = ''] =
        /\bchatstream (serve|bench|compare|history (?:add|show|check|export)|models(?: (?:pull|rm))?)\b(.*)/.exec(
          line,
        ) ?? [];
      if (command === undefined) return [];
      const flags = flagsOf(command.replace(' ', ':'));
      const given = Array.from(rest.matchAll(/\s(-[a-zA-Z]|--[a-z][a-z-]*)(?=[\s=]|$)/g), ([, flag = '']) => flag);
      return given.filter((flag) => !flags.some(({ name, char }) => flag === `--${name}` || flag === `-${char ?? ''}`));
    });
    expect(wrong).toEqual([]);
  });
});
