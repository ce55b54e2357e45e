import type { Interfaces } from '@oclif/core';
import { serverAddressOf } from '../../../core/bench/plan/server-address.js';
import { parseClusterAddress } from '../../../core/bus/cluster-address.js';
import { withoutSecrets } from '../../../core/models/model-source.js';
import type { FlagOrigins } from '../../flags/flags.js';
import { ownServerFlags } from '../../serve/flags/own-server.js';

/** Stands for the keys in flags, which must not get into a result. */
const withoutKeys: Readonly<Record<string, (value: string) => string>> = {
  'api-key': () => 'KEY',
  header: (value) => `${value.split(':')[0] ?? ''}: VALUE`,
};

/** Flags that do not affect what is measured. */
const aside: ReadonlySet<string> = new Set(['config', 'output', 'samples', 'json', 'log-level', 'github']);

/** Flags that are refused when there is nothing to judge. */
const judging: ReadonlySet<string> = new Set(['strict', 'allow']);

/**
 * The command that repeats a bench, for a shell. It has all flags that were given, wherever they come from, but neither
 * the values of keys and headers, the queries of URLs, which may hold keys, nor the files that are written.
 *
 * @param parsed what `Command.parse` returns
 * @param known the flags of the command
 */
export function repeatingCommand(
  { raw, flags }: Pick<Interfaces.ParserOutput, 'raw'> & { readonly flags: Readonly<Record<string, unknown>> },
  known: Interfaces.FlagInput,
  { isGiven, isTyped }: FlagOrigins,
  environment: Readonly<Record<string, string | undefined>>,
): string {
  const words = ['chatstream', 'bench'];
  const isJudged = ['baseline', 'versus', 'enforce-slo'].some(isGiven);
  // Variables may be set for other commands. As flags, those without effect would be refused.
  const isIdle = (name: string): boolean =>
    !isTyped(name) && ((isGiven('url') && Object.hasOwn(ownServerFlags, name)) || (!isJudged && judging.has(name)));
  for (const [name, flag] of Object.entries(known)) {
    if (!isGiven(name) || aside.has(name) || isIdle(name)) continue;
    if (flag.type === 'boolean') {
      if (flags[name] === true) words.push(`--${name}`);
      continue;
    }
    const typed = raw.flatMap((token) => (token.type === 'flag' && token.flag === name ? [token.input] : []));
    const inEnvironment = flag.env === undefined ? undefined : environment[flag.env];
    for (const value of typed.length > 0 ? typed : [inEnvironment ?? '']) {
      if (value === '') continue;
      words.push(`--${name}`, quoted(shown(name, value)));
      if (name === 'url' && !isGiven('endpoint')) words.push(...endpointOf(value));
    }
  }
  return words.join(' ');
}

/** URLs may contain keys. */
function shown(name: string, value: string): string {
  const keyless = withoutKeys[name];
  if (keyless !== undefined) return keyless(value);
  if (name === 'cluster') return parseClusterAddress(value).shown;
  if (name === 'url' || name === 'versus') return serverAddressOf(value).baseUrl;
  return name === 'model' ? withoutSecrets(value) : value;
}

/** The endpoint that a URL ends with. The URL is shown without it. */
function endpointOf(url: string): readonly string[] {
  const { endpoint } = serverAddressOf(url);
  return endpoint === null || endpoint === 'chat' ? [] : ['--endpoint', endpoint];
}

function quoted(word: string): string {
  return /^[\w@%+=:,./±-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
