import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { Type } from 'typebox';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { parseAs } from '../support/parse-as.js';
import { readPage, root } from './markdown.js';

const flagSchema = Type.Object({ name: Type.String(), char: Type.Optional(Type.String()) });
const manifestSchema = Type.Object({
  commands: Type.Record(Type.String(), Type.Object({ flags: Type.Record(Type.String(), flagSchema) })),
});
const { commands } = parseAs(manifestSchema, JSON.parse(readFileSync(`${root}oclif.manifest.json`, 'utf8')));

function flagsOf(command: string): readonly string[] {
  return Object.values(commands[command]?.flags ?? {}).flatMap(({ name, char }) => [
    `--${name}`,
    ...(char === undefined ? [] : [`-${char}`]),
  ]);
}

/** What a file runs, or tells its reader to run, up to the end of the line or of the shell's command. */
function commandLinesIn(text: string): readonly string[] {
  return Array.from(text.matchAll(/(?:\bnpx |^# )chatstream ([^';&|\n]+)/gm), ([, words = '']) => words.trim());
}

/** What is wrong with `serve -m model.gguf`. */
function problemsOf(line: string): readonly string[] {
  const [first = '', second = ''] = line.split(/\s+/);
  const command = [`${first}:${second}`, first].find((name) => name in commands);
  if (command === undefined) return [`there is no command ${first}`];
  const given = Array.from(line.matchAll(/\s(-[a-zA-Z]|--[a-z][a-z-]*)(?=[\s=]|$)/g), ([, flag = '']) => flag);
  const known = flagsOf(command);
  return given.filter((flag) => !known.includes(flag)).map((flag) => `${command} has no ${flag}`);
}

/** The files of the package that a text names, by their whole path or, where they lie beside it, by their name alone. */
function filesNamedIn(text: string, path: string): readonly string[] {
  const whole = text.matchAll(/(?:node_modules\/chatstream\/|(?<![\w./-]))((?:examples|docs|schemas)\/[\w./-]*\w)/g);
  const beside = text.matchAll(/(?<![\w./-])([a-z][\w-]*(?:\.[\w-]+)*\.(?:sh|ya?ml))\b(?!\/)/g);
  return [
    ...Array.from(whole, ([, name = '']) => name),
    ...Array.from(beside, ([, name = '']) => `${dirname(path)}/${name}`),
  ];
}

const all = readdirSync(`${root}examples`, { recursive: true, encoding: 'utf8' });
const paths = all.filter((name) => /\.ya?ml$/.test(name)).map((name) => `examples/${name}`);

describe.each(paths)('%s', (path) => {
  const text = readPage(path);

  it('is YAML', () => {
    const documents = parseAllDocuments(text);
    expect(documents.flatMap(({ errors, warnings }) => [...errors, ...warnings])).toEqual([]);
    expect(documents.length).toBeGreaterThan(0);
  });

  it('runs only commands that exist, with flags that they have', () => {
    expect(commandLinesIn(text).flatMap(problemsOf)).toEqual([]);
  });

  it('names only files that exist', () => {
    expect(filesNamedIn(text, path).filter((name) => !existsSync(root + name))).toEqual([]);
  });
});

describe.each(['github-actions', 'gitlab-ci'])('examples/ci/%s.yml', (name) => {
  const path = `examples/ci/${name}.yml`;
  const text = readPage(path);

  it('pulls a model, starts a server and runs the script beside it', () => {
    expect(commandLinesIn(text).map((line) => line.split(' -')[0])).toEqual(['models pull "$MODEL"', 'serve']);
    expect(filesNamedIn(text, path)).toContain('examples/ci/compare.sh');
  });

  it('names only settings that the script reads', () => {
    const settings = text.match(/\b(?:(?:BASELINE|CANDIDATE|BENCH)_[A-Z]+|COMMAND)\b/g) ?? [];
    const script = readPage('examples/ci/compare.sh');
    expect(settings).toContain('BASELINE_REVISION');
    expect(settings.filter((setting) => !script.includes(`\${${setting}:-`))).toEqual([]);
  });

  it('advises only flags that bench has', () => {
    const advised = Array.from(text.matchAll(/\badd (--[a-z-]+)/g), ([, flag = '']) => flag);
    expect(advised).toContain('--duet');
    expect(advised.filter((flag) => !flagsOf('bench').includes(flag))).toEqual([]);
  });
});
