import { Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { ChatstreamError } from '../../base/errors.js';
import { type Answer, type Http, jsonOf } from './http.js';

/** The servers that the bench recognises. */
type ServerType = 'chatstream' | 'vllm' | 'llama-server' | 'ollama' | 'tgi' | 'sglang' | 'unknown';

export interface DetectedServer {
  readonly type: ServerType;
  /** Such as `vllm/0.11.0`; only the type if its version is unknown. */
  readonly name: string;
  /** The models that it offers; requests name the first. */
  readonly models: readonly string[];
  /** Whether it understands `ignore_eos` in OpenAI's requests; other servers might reject an unknown parameter. */
  readonly ignoresEos: boolean;
  /** The kinds of the servers behind it; left out if it generates itself. */
  readonly upstreamKinds?: readonly string[];
}

const modelList = Compile(
  Type.Object({
    data: Type.Array(Type.Object({ id: Type.String(), owned_by: Type.Optional(Type.Unknown()) })),
  }),
);
const versioned = Compile(Type.Object({ version: Type.String() }));
const llamaProps = Compile(Type.Object({ build_info: Type.String() }));
const openApi = Compile(Type.Object({ info: Type.Object({ title: Type.String(), version: Type.String() }) }));

const executorList = Compile(Type.Object({ executors: Type.Array(Type.Object({ kind: Type.String() })) }));

const understandsIgnoreEos: ReadonlySet<string> = new Set(['chatstream', 'vllm', 'llama-server', 'sglang']);

/**
 * Finds out where the server has OpenAI's routes, if its URL does not say so.
 *
 * @param candidates paths before `/models`, the most likely first
 * @returns the first with a list of models, otherwise the most likely
 * @throws ChatstreamError `target_unreachable` if nothing answers
 */
export async function findApiPath(http: Http, [likeliest = '', ...others]: readonly string[]): Promise<string> {
  for (const candidate of others.length === 0 ? [] : [likeliest, ...others]) {
    if (modelList.Check(jsonOf(await http.get(`${candidate}/models`)))) return candidate;
  }
  return likeliest;
}

/**
 * Identifies the server by its list of models, its headers and the routes that only it has.
 *
 * @param apiPath the part before `/models`
 * @throws ChatstreamError `target_unreachable` if nothing answers, or the answering server has no models
 */
export async function detectServer(http: Http, url: string, apiPath = '/v1'): Promise<DetectedServer> {
  const modelsPath = `${apiPath}/models`;
  const answer = await http.get(modelsPath);
  const list = jsonOf(answer);
  if (answer.status === 401 || answer.status === 403) {
    throw new ChatstreamError('target_unreachable', `${url} needs a valid key (HTTP ${answer.status}).`, {
      hint: 'Give it with --api-key, or in any other header with --header "name: value".',
    });
  }
  if (answer.status >= 300 && answer.status < 400) {
    // Without a query, which may contain a key.
    const location = String(answer.headers['location'] ?? 'another address').replace(/\?.*$/, '');
    throw new ChatstreamError('target_unreachable', `${url} redirects ${modelsPath} to ${location}.`, {
      hint: 'Requests under load are not redirected: give --url the base of that address.',
    });
  }
  const models = modelList.Check(list) ? list.data : [];
  if (answer.status >= 500) {
    throw new ChatstreamError('target_unreachable', `${url} answers ${modelsPath} with HTTP ${answer.status}.`, {
      hint: 'Wait until it is ready, or see its log.',
    });
  }
  const owners = models.map(({ owned_by: owner }) => String(owner).toLowerCase());
  const { type, version, isFront = false } = await typeOf(http, answer, owners);
  if (models.length === 0 && type === 'unknown' && answer.status >= 400 && answer.status !== 404) {
    throw new ChatstreamError('target_unreachable', `${url} answers ${modelsPath} with HTTP ${answer.status}.`, {
      hint: 'Is --url the base of an OpenAI-compatible server?',
    });
  }
  const upstreamKinds = isFront ? await upstreamKindsOf(http) : null;
  return {
    type,
    name: version === null ? type : `${type}/${version}`,
    models: models.map(({ id }) => id),
    ignoresEos: (upstreamKinds ?? [type]).every((kind) => understandsIgnoreEos.has(kind)),
    ...(upstreamKinds !== null && { upstreamKinds }),
  };
}

interface TypeAndVersion {
  readonly type: ServerType;
  readonly version: string | null;
  /** Whether other servers generate for it; false if left out. */
  readonly isFront?: boolean;
}

async function typeOf(http: Http, models: Answer, owners: readonly string[]): Promise<TypeAndVersion> {
  const owned = (owner: string): boolean => owners.includes(owner);
  const header = String(models.headers['server'] ?? '').toLowerCase();
  if (owned('chatstream')) return { type: 'chatstream', version: await chatstreamVersion(http) };
  // The owner that `serve --upstream` reports. Others may use that word too, so its own description decides.
  const front = owned('upstream') ? await chatstreamVersion(http) : null;
  if (front !== null) return { type: 'chatstream', version: front, isFront: true };
  if (owned('vllm')) return { type: 'vllm', version: await versionAt(http, '/version') };
  if (owned('sglang')) {
    // Before 0.5 it had only the second of these names.
    const version = (await versionAt(http, '/server_info')) ?? (await versionAt(http, '/get_server_info'));
    return { type: 'sglang', version };
  }
  if (owned('llamacpp') || header.startsWith('llama.cpp')) {
    const props = await askAt(http, '/props');
    return { type: 'llama-server', version: llamaProps.Check(props) ? props.build_info : null };
  }
  const ollama = await versionAt(http, '/api/version');
  if (ollama !== null || owned('library')) return { type: 'ollama', version: ollama };
  const info = await askAt(http, '/info');
  if (isTgi(info)) return { type: 'tgi', version: versioned.Check(info) ? info.version : null };
  return { type: 'unknown', version: null };
}

/** The JSON of a route that a server may not have; undefined without a usable answer. */
async function askAt(http: Http, path: string): Promise<unknown> {
  const answer = await http.get(path).catch(() => null);
  return answer?.status === 200 ? jsonOf(answer) : undefined;
}

async function versionAt(http: Http, path: string): Promise<string | null> {
  const json = await askAt(http, path);
  return versioned.Check(json) ? json.version : null;
}

async function chatstreamVersion(http: Http): Promise<string | null> {
  const json = await askAt(http, '/openapi.json');
  return openApi.Check(json) && json.info.title === 'chatstream' ? json.info.version : null;
}

/** The kinds of the servers behind a front, including those that it does not know yet: `unknown`. */
async function upstreamKindsOf(http: Http): Promise<readonly string[]> {
  const queue = await askAt(http, '/v1/queue');
  return executorList.Check(queue) ? queue.executors.map(({ kind }) => kind) : ['unknown'];
}

/** Hugging Face's Text Generation Inference describes itself at /info; these fields are its own. */
function isTgi(info: unknown): boolean {
  return typeof info === 'object' && info !== null && 'model_id' in info && 'max_concurrent_requests' in info;
}
