import { type Static, Type } from 'typebox';
import { parseAs } from './parse-as.js';

const conversation = Type.Object({ id: Type.String() });

const answer = Type.Object({
  id: Type.String(),
  store: Type.Boolean(),
  conversation: Type.Union([conversation, Type.Null()]),
  output: Type.Array(Type.Object({ content: Type.Array(Type.Object({ text: Type.String() })) })),
});

const itemPage = Type.Object({
  data: Type.Array(Type.Object({ id: Type.String(), content: Type.Array(Type.Object({ text: Type.String() })) })),
  has_more: Type.Boolean(),
});

type Answer = Static<typeof answer>;

/** Asks a server for responses over HTTP, without a client library between. */
export class ResponsesClient {
  readonly #url: string;

  constructor(url: string) {
    this.#url = `${url}/v1`;
  }

  async respond(body: object): Promise<Answer> {
    return parseAs(answer, await (await this.post('/responses', body)).json());
  }

  /** Streams, and resolves with the response in the last event. */
  async stream(body: object): Promise<Answer> {
    const events = await (await this.post('/responses', { ...body, stream: true })).text();
    const last = events.trimEnd().split('\n').at(-1) ?? '';
    return parseAs(Type.Object({ response: answer }), JSON.parse(last.replace(/^data: /, ''))).response;
  }

  /** A stored response; null if there is none. */
  async retrieve(id: string): Promise<Answer | null> {
    const found = await fetch(`${this.#url}/responses/${id}`);
    return found.status === 404 ? null : parseAs(answer, await found.json());
  }

  async converse(): Promise<string> {
    return parseAs(conversation, await (await this.post('/conversations', {})).json()).id;
  }

  async status(path: string, method = 'GET'): Promise<number> {
    const { status } = await fetch(`${this.#url}${path}`, { method });
    return status;
  }

  /** The texts of all items of a conversation, the oldest first. */
  async textsIn(conversationId: string): Promise<readonly string[]> {
    const texts: string[] = [];
    for (let after = ''; ;) {
      const query = `order=asc&limit=100${after === '' ? '' : `&after=${after}`}`;
      const answered = await fetch(`${this.#url}/conversations/${conversationId}/items?${query}`);
      const { data, has_more: hasMore } = parseAs(itemPage, await answered.json());
      texts.push(...data.map(({ content }) => content.map(({ text }) => text).join('')));
      after = data.at(-1)?.id ?? '';
      if (!hasMore) return texts;
    }
  }

  /** How many items there are in a list. */
  async count(path: string): Promise<number> {
    const list = await (await fetch(`${this.#url}${path}`)).json();
    return parseAs(Type.Object({ data: Type.Array(Type.Unknown()) }), list).data.length;
  }

  post(path: string, body: object): Promise<Response> {
    const headers = { 'content-type': 'application/json' };
    return fetch(`${this.#url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  }
}

export function textOf({ output }: Answer): string {
  return output.flatMap(({ content }) => content.map(({ text }) => text)).join('');
}
