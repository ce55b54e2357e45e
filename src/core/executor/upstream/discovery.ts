import { amount, isRecord, items, member, nonEmpty } from '../../base/json.js';
import { noCredit } from './exchange/failure.js';

/** Kinds of servers that are distinguished; `openai` is any other one that speaks OpenAI's API. */
export type UpstreamKind = 'chatstream' | 'llama-server' | 'ollama' | 'vllm' | 'sglang' | 'tgi' | 'openai';

/** What a server says about itself. */
export interface Discovery {
  readonly kind: UpstreamKind;
  /** Generations that it runs at once, 1 or more; null if it does not say, undefined if it was too busy to. */
  readonly places: number | null | undefined;
  /** Those of each of its models, by its own names, if it reports them. */
  readonly placesByModel?: ReadonlyMap<string, number>;
  /** The names of its models; null if it does not report them, and is asked for any. */
  readonly models: readonly string[] | null;
}

/** What came back for a path: its status, and its body if that is JSON, else null. */
interface ProbeAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** A server has answered that it takes no requests, or none from here. */
export class TakesNoRequests extends Error {}

/** Asks a server. Rejects if it cannot be reached. */
export type Ask = (path: string) => Promise<ProbeAnswer>;

interface SaidPlaces extends Pick<Discovery, 'placesByModel'> {
  readonly places: number;
}

/** Where a server of a kind says how many generations it runs at once. Servers of other kinds do not have the route. */
interface Sign {
  readonly kind: UpstreamKind;
  readonly path: string;
  /** @returns null if the answer is not one of that kind. @throws TakesNoRequests */
  readonly placesIn: (body: unknown) => SaidPlaces | null;
}

const signs: readonly Sign[] = [
  { kind: 'chatstream', path: '/v1/queue', placesIn: placesOfChatstream },
  { kind: 'llama-server', path: '/props', placesIn: placesOfLlamaServer },
  { kind: 'tgi', path: '/info', placesIn: placesOfTgi },
];

/**
 * Asks a server what it is, which models it has and whether it is ready: a few requests that cost it almost nothing.
 *
 * @param known the kind that it was before, which is asked about first; null the first time
 * @param knownPlaces the places that it has just reported; undefined if it has to be asked, for example because it may
 *   have been restarted
 * @param givenPlaces those that are used whatever it reports; null for none
 * @throws TakesNoRequests with the reason; other errors if it could not be asked
 */
export async function discover(
  ask: Ask,
  known: UpstreamKind | null,
  knownPlaces: number | null | undefined,
  givenPlaces: number | null = null,
): Promise<Discovery> {
  const list = await ask('/v1/models');
  const models = modelsOf(list);
  const owner = kindByOwner(list);
  if (owner === 'sglang') {
    // It asks its scheduler, which may be busy for seconds: too long for every probe.
    if (givenPlaces !== null) return { kind: owner, places: null, models };
    const isKnown = known === owner && knownPlaces !== undefined;
    return { kind: owner, places: isKnown ? knownPlaces : await placesOfSglang(ask), models };
  }
  if (owner !== null) return { kind: owner, places: null, models };
  // Another server may have replaced it, and what was unknown before may be known now.
  for (const { kind, path, placesIn } of knownFirst(known)) {
    const answer = await ask(path);
    if (kind === known ? answer.status >= 500 : isLoading(answer)) throw refusal(path, answer);
    const places = answer.status === 200 ? placesIn(answer.body) : null;
    if (places === null) continue;
    if (kind === 'chatstream' && models?.length === 0) throw new TakesNoRequests('it is still loading its model');
    if (kind === 'llama-server') await assertHealthy(ask);
    return { kind, ...places, models };
  }
  return { kind: 'openai', places: null, models };
}

function knownFirst(known: UpstreamKind | null): readonly Sign[] {
  return [...signs.filter(({ kind }) => kind === known), ...signs.filter(({ kind }) => kind !== known)];
}

/**
 * While llama-server loads its model, it lists it, and answers everything else so, also what it has no route for. A gateway
 * may answer unknown paths with a 503 and JSON too, but with another error.
 */
function isLoading({ status, body }: ProbeAnswer): boolean {
  if (status !== 503) return false;
  const error = member(body, 'error');
  if (member(error, 'type') === 'unavailable_error') return true;
  return nonEmpty(member(error, 'message'))?.includes('Loading model') === true;
}

async function assertHealthy(ask: Ask): Promise<void> {
  const health = await ask('/health');
  if (health.status >= 500) throw refusal('/health', health);
}

/** A gateway may answer for the server with a page of its own: only JSON comes from the server. */
function refusal(path: string, { status, body }: ProbeAnswer): Error {
  const reason = `its ${path} answers ${status}`;
  return body === null ? new Error(reason) : new TakesNoRequests(reason);
}

/** @throws Error if the list shows that the server takes no requests */
function modelsOf({ status, body }: ProbeAnswer): readonly string[] | null {
  if (status === 401 || status === 403) throw new TakesNoRequests(`it refuses the key (${status})`);
  if (status === 402) throw new TakesNoRequests(noCredit);
  // A server without this route gets whatever models clients ask for.
  if (status === 404 || status === 405) return null;
  if (status !== 200) throw refusal('/v1/models', { status, body });
  if (!isRecord(body) || !Array.isArray(body['data'])) throw new Error('its /v1/models is not a list of models');
  return items(body['data']).flatMap((each) => nonEmpty(member(each, 'id')) ?? []);
}

function placesOfChatstream(body: unknown): SaidPlaces | null {
  const isNodeless = member(body, 'slots_at') === 'nodes' && member(body, 'max_concurrency') === 0;
  if (isNodeless) throw new TakesNoRequests('it has no nodes');
  const most = placeCount(member(body, 'max_concurrency'));
  if (most === null || !isRecord(member(body, 'totals'))) return null;
  if (member(body, 'draining') === true) throw new TakesNoRequests('it is draining');
  const loaded = items(member(body, 'models')).filter((model) => member(model, 'state') === 'loaded');
  // How many one has that is not loaded may only be known when it is.
  const placesByModel = new Map<string, number>();
  for (const model of loaded) {
    const name = nonEmpty(member(model, 'name'));
    const places = placeCount(member(model, 'max_concurrency'));
    if (name !== null && places !== null) placesByModel.set(name, places);
  }
  const sum = [...placesByModel.values()].reduce((all, places) => all + places, 0);
  // Of several models, `max_concurrency` is the highest. If none is loaded, a request is what loads one.
  return { places: Math.max(most, sum), ...(placesByModel.size > 0 && { placesByModel }) };
}

function placesOfLlamaServer(body: unknown): SaidPlaces | null {
  const places = placeCount(member(body, 'total_slots'));
  return places === null ? null : { places };
}

/** It accepts no more requests at once, and refuses others. How many of them it runs depends on their tokens. */
function placesOfTgi(body: unknown): SaidPlaces | null {
  // The same company's server of embeddings has no limit for prompt and answer together.
  const isTgi = amount(member(body, 'max_total_tokens')) !== null;
  const places = isTgi ? placeCount(member(body, 'max_concurrent_requests')) : null;
  return places === null ? null : { places };
}

/** Before version 0.5 it had only the second of these routes. */
const sglangPaths = ['/server_info', '/get_server_info'] as const;

/** All data-parallel parts of it together. It has listed its models, so it is up even if it does not answer this in time. */
async function placesOfSglang(ask: Ask): Promise<number | null | undefined> {
  for (const path of sglangPaths) {
    const answer = await ask(path).catch(() => null);
    // Too busy, or a gateway before it says so.
    if (answer === null || answer.status >= 500 || answer.status === 429 || answer.status === 408) return undefined;
    const { status, body } = answer;
    if (status !== 200) continue;
    const parts = items(member(body, 'internal_states'));
    const sum = parts.reduce<number>(
      (all, part) => all + (placeCount(member(part, 'effective_max_running_requests_per_dp')) ?? 0),
      0,
    );
    return sum === 0 ? null : sum;
  }
  return null;
}

/** A number of places, 1 or more; null for anything else. */
function placeCount(value: unknown): number | null {
  const count = amount(value);
  return count !== null && Number.isInteger(count) && count >= 1 ? count : null;
}

const owners: ReadonlyMap<unknown, UpstreamKind> = new Map([
  ['vllm', 'vllm'],
  ['sglang', 'sglang'],
  ['library', 'ollama'],
]);

/** @returns null if the owner of its models is not one that a kind of servers names */
function kindByOwner({ body }: ProbeAnswer): UpstreamKind | null {
  const [first] = items(member(body, 'data'));
  return owners.get(member(first, 'owned_by')) ?? null;
}
