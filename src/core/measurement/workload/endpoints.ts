/** The routes that can be measured, by what each is for. */
export const endpoints = ['chat', 'completions', 'responses', 'messages', 'embeddings'] as const;

export type Endpoint = (typeof endpoints)[number];

const paths: Readonly<Record<Endpoint, string>> = {
  chat: '/chat/completions',
  completions: '/completions',
  responses: '/responses',
  messages: '/messages',
  embeddings: '/embeddings',
};

/** How an answer is wanted. */
export interface AnswerForm {
  readonly endpoint: Endpoint;
  /** Token by token, and not as a whole; always false for embeddings. */
  readonly streaming: boolean;
}

/** The route of an endpoint as its API names it; some servers' URLs have no `/v1` in it. */
export function routeOf(endpoint: Endpoint): string {
  return `/v1${paths[endpoint]}`;
}

/** The end of the URL of its requests. */
export function pathOf(endpoint: Endpoint): string {
  return paths[endpoint];
}

/** The endpoint that a path ends with, and what comes before; null if it ends with none. */
export function endpointIn(path: string): { readonly endpoint: Endpoint; readonly base: string } | null {
  // The first one that fits: chat completions before completions.
  const endpoint = endpoints.find((each) => path.endsWith(paths[each]));
  return endpoint === undefined ? null : { endpoint, base: path.slice(0, -paths[endpoint].length) };
}

/** The header that a key is sent in: Anthropic's API has one of its own. */
export function keyHeader(endpoint: Endpoint | undefined, key: string): Readonly<Record<string, string>> {
  return endpoint === 'messages' ? { 'x-api-key': key } : { authorization: `Bearer ${key}` };
}

/** Headers that the API wants in every request. */
export function apiHeaders(endpoint: Endpoint): Readonly<Record<string, string>> {
  return endpoint === 'messages' ? { 'anthropic-version': '2023-06-01' } : {};
}
