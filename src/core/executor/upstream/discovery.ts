import { amount, isRecord, items, member, nonEmpty } from '../../base/json.js';

/** Kinds of servers that are told apart; `openai` is any other one that speaks OpenAI's API. */
export type UpstreamKind = 'chatstream' | 'llama-server' | 'ollama' | 'vllm' | 'sglang' | 'openai';

/** What a server says about itself. */
export interface Discovery {
  readonly kind: UpstreamKind;
  /** Generations that it runs at once, 1 or more; null if it does not say. */
  readonly places: number | null;
  /** The names of its models; null if it does not say, and is asked for any. */
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

/**
 * Asks a server what it is, what it has and whether it is ready: two or three requests that cost it next to nothing.
 *
 * @param known the kind that it was before; null the first time
 * @throws TakesNoRequests with the reason; other errors if it could not be asked
 */
export async function discover(ask: Ask, known: UpstreamKind | null): Promise<Discovery> {
  const list = await ask('/v1/models');
  const listed = modelsOf(list);
  if (known === null || known === 'chatstream') {
    const places = placesOfChatstream(await ask('/v1/queue'));
    if (places !== null) {
      if (listed?.length === 0) throw new TakesNoRequests('it is still loading its model');
      return { kind: 'chatstream', places, models: listed };
    }
  }
  if (known === null || known === 'llama-server') {
    const { status, body } = await ask('/props');
    const places = status === 200 ? amount(member(body, 'total_slots')) : null;
    if (places !== null && places >= 1) {
      const health = await ask('/health');
      if (health.status >= 500) throw refusal('/health', health);
      return { kind: 'llama-server', places, models: listed };
    }
  }
  return { kind: kindByOwner(list), places: null, models: listed };
}

/** A gateway answers for a server that does not, with a page of its own: only JSON is the server's. */
function refusal(path: string, { status, body }: ProbeAnswer): Error {
  const reason = `its ${path} answers ${status}`;
  return body === null ? new Error(reason) : new TakesNoRequests(reason);
}

/** @throws Error if the list shows that the server takes no requests */
function modelsOf({ status, body }: ProbeAnswer): readonly string[] | null {
  if (status === 401 || status === 403) throw new TakesNoRequests(`it refuses the key (${status})`);
  // A server without such a route is asked for whatever clients ask for.
  if (status === 404 || status === 405) return null;
  if (status !== 200) throw refusal('/v1/models', { status, body });
  if (!isRecord(body) || !Array.isArray(body['data'])) throw new Error('its /v1/models is no list of models');
  return items(body['data']).flatMap((each) => nonEmpty(member(each, 'id')) ?? []);
}

function placesOfChatstream({ status, body }: ProbeAnswer): number | null {
  const places = status === 200 ? amount(member(body, 'max_concurrency')) : null;
  if (places === null || places < 1 || !isRecord(member(body, 'totals'))) return null;
  if (member(body, 'draining') === true) throw new TakesNoRequests('it is draining');
  return places;
}

const owners: Readonly<Record<string, UpstreamKind>> = { vllm: 'vllm', sglang: 'sglang', library: 'ollama' };

function kindByOwner({ body }: ProbeAnswer): UpstreamKind {
  const [first] = items(member(body, 'data'));
  return owners[nonEmpty(member(first, 'owned_by')) ?? ''] ?? 'openai';
}
