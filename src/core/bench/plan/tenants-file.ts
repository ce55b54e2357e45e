import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { type Static, Type } from 'typebox';
import { Value } from 'typebox/value';
import { ChatstreamError } from '../../base/errors.js';
import { namedReadProblem } from '../../base/files/file-errors.js';
import { allErrors, settingsErrors } from '../../base/mistakes/settings-error.js';
import { parseYaml } from '../../base/mistakes/yaml.js';
import { hasTurns } from '../../measurement/workload/conversation-shape.js';
import { parseLengths } from '../../measurement/workload/lengths.js';
import { parseThinkTime } from '../../measurement/workload/think-time.js';
import type { Tenant, TenantPortion } from './tenants.js';

const textOrNumber = Type.Union([Type.String({ minLength: 1 }), Type.Number()]);

const tenant = Type.Object(
  {
    name: Type.String({
      pattern: '^[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}$',
      patternErrorMessage: 'must be up to 64 letters, digits and _ . @ -, with a letter or a digit first',
    }),
    key: Type.Optional(
      Type.String({
        minLength: 1,
        pattern: '^[\\x21-\\x7e]+$',
        patternErrorMessage: 'must be letters, digits and signs of ASCII, without spaces',
      }),
    ),
    'key-env': Type.Optional(
      Type.String({
        pattern: '^[A-Za-z_][A-Za-z0-9_]*$',
        patternErrorMessage: 'must be the name of an environment variable: letters, digits and _, with no digit first',
      }),
    ),
    share: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 1e6 })),
    clients: Type.Optional(Type.Integer({ minimum: 1, maximum: 100_000 })),
    weight: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 1e6 })),
    priority: Type.Optional(textOrNumber),
    'input-tokens': Type.Optional(textOrNumber),
    'output-tokens': Type.Optional(textOrNumber),
    'shared-prefix': Type.Optional(Type.Integer({ minimum: 0 })),
    turns: Type.Optional(textOrNumber),
    'think-time': Type.Optional(textOrNumber),
    prompts: Type.Optional(Type.String({ minLength: 1 })),
    'live-answers': Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false },
);

const fileSchema = Type.Object({ tenants: Type.Array(tenant, { minItems: 1 }) }, { additionalProperties: false });

const seeDocs = 'docs/bench.md, section Tenants, describes the settings.';

/** The flags' settings, which apply to a tenant where the file says nothing. */
export type TenantDefaults = Pick<Tenant, 'prompts' | 'outputTokens' | 'sharedPrefixTokens' | 'conversations'>;

/**
 * Reads the tenants that load the server together, from YAML or JSON. Errors never quote the file, which may contain
 * keys.
 *
 * @param environment where `key-env` is looked up
 * @throws ChatstreamError `usage` that names the file, and where in it something is wrong
 */
export async function readTenantsFile(
  path: string,
  defaults: TenantDefaults,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<readonly Tenant[]> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new ChatstreamError('usage', namedReadProblem('tenants', path, error), {
      hint: 'Give --tenants the path of a YAML file.',
      cause: error,
    });
  });
  const value = parseYaml(text, path, 'Write "tenants:", and below it one "- name: …" for each.');
  if (!Value.Check(fileSchema, value)) {
    throw settingsErrors(path, allErrors(fileSchema, value), fileSchema, seeDocs);
  }
  const names = value.tenants.map(({ name }) => name);
  const twin = names.find((name, index) => names.indexOf(name) !== index);
  if (twin !== undefined) throw wrong(path, `there are two tenants with the name "${twin}"`);
  const hasClients = value.tenants.filter(({ clients }) => clients !== undefined).length;
  if (hasClients > 0 && hasClients < names.length) {
    throw wrong(path, 'some tenants have clients, and others a share', 'Give clients to all of them, or to none.');
  }
  return value.tenants.map((each) => tenantOf(each, path, defaults, environment));
}

function tenantOf(
  given: Static<typeof tenant>,
  path: string,
  defaults: TenantDefaults,
  environment: Readonly<Record<string, string | undefined>>,
): Tenant {
  const { name, share = 1, clients, weight = 1, priority = null, prompts } = given;
  if (clients !== undefined && given.share !== undefined) {
    throw wrong(path, `${name} has both clients and a share`, 'Leave out one of the two.');
  }
  const portion: TenantPortion = clients === undefined ? { type: 'share', share } : { type: 'clients', clients };
  const input = given['input-tokens'];
  if (prompts !== undefined && (input !== undefined || given.turns !== undefined)) {
    throw wrong(path, `${name} has its own prompts, but also lengths or turns of synthetic ones`, 'Leave out one of the two.'); // prettier-ignore
  }
  const output = given['output-tokens'];
  const turns =
    given.turns === undefined ? defaults.conversations.turns : parseLengths(String(given.turns), 'messages');
  const think = given['think-time'];
  const thinkTime = think === undefined ? defaults.conversations.thinkTime : parseThinkTime(String(think));
  const ownPrompts =
    prompts !== undefined
      ? ({ type: 'file', path: resolve(dirname(path), prompts) } as const)
      : input !== undefined
        ? ({ type: 'synthetic', inputTokens: parseLengths(String(input)) } as const)
        : defaults.prompts;
  const live =
    ownPrompts.type === 'synthetic'
      ? hasTurns({ turns, thinkTime, live: false })
      : (given['live-answers'] ?? defaults.conversations.live);
  return {
    name,
    key: keyOf(given, path, environment),
    portion,
    weight,
    priority,
    prompts: ownPrompts,
    outputTokens: output === undefined ? defaults.outputTokens : parseLengths(String(output)),
    sharedPrefixTokens: given['shared-prefix'] ?? defaults.sharedPrefixTokens,
    conversations: { turns, thinkTime, live },
  };
}

function keyOf(
  { name, key, 'key-env': variable }: Static<typeof tenant>,
  path: string,
  environment: Readonly<Record<string, string | undefined>>,
): string | null {
  if (variable === undefined) return key ?? null;
  if (key !== undefined) throw wrong(path, `${name} has both key and key-env`, 'Leave out one of the two.');
  const found = environment[variable]?.trim();
  if (found === undefined || found === '') {
    throw wrong(path, `the key of ${name} is to be in ${variable}, which is not set`, `Set the variable ${variable}.`);
  }
  return found;
}

function wrong(path: string, problem: string, hint: string = seeDocs): ChatstreamError {
  return new ChatstreamError('usage', `${path}: ${problem}.`, { hint });
}
