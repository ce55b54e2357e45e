import { type Static, Type } from 'typebox';
import { parseAs } from './parse-as.js';

const answer = Type.Object({
  id: Type.String(),
  store: Type.Boolean(),
  output: Type.Array(Type.Object({ content: Type.Array(Type.Object({ text: Type.String() })) })),
});

const conversation = Type.Object({ id: Type.String() });

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
