import type { ServeOptions } from '../../core/serve/serve.js';

/** Variables of the environment, such as `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A request that tries a server. */
interface Trial {
  readonly path: 'chat/completions' | 'embeddings';
  /** JSON without a single quotation mark. */
  readonly body: string;
}

export const embeddingsTrial: Trial = { path: 'embeddings', body: '{"input":"Hello!"}' };

/** @param model the one to name in the request; if left out, the server chooses */
export function chatTrial(model?: string): Trial {
  const named = model === undefined ? '' : `"model":${JSON.stringify(model)},`;
  return {
    path: 'chat/completions',
    body: `{${named}"messages":[{"role":"user","content":"Hello!"}],"stream":true}`,
  };
}

/** A shell command that tries a server, split over several lines. */
export function tryCommand(
  url: string,
  { path, body }: Trial,
  access: Pick<ServeOptions, 'server' | 'access'>,
  environment: Environment,
): readonly string[] {
  const key = shownKey(access, environment);
  const keyHeader = key === null ? [] : [`-H "authorization: Bearer ${key}"`];
  return [`curl -N ${url}/v1/${path}`, `-H 'content-type: application/json'`, ...keyHeader, `-d '${body}'`];
}

/**
 * A placeholder for a key that the shell fills in: a secret is never printed, not even on a terminal. Null where none
 * is needed.
 */
function shownKey(
  { server, access }: Pick<ServeOptions, 'server' | 'access'>,
  environment: Environment,
): string | null {
  const [first, ...others] = server.apiKeys;
  const keysOfFile = access?.keys.length ?? 0;
  if (first === undefined && keysOfFile === 0) return null;
  const { anonymous = null } = access ?? {};
  if (anonymous !== null && anonymous.role !== 'observer') return null;
  const isInVariable = others.length === 0 && environment['CHATSTREAM_API_KEY'] === first && first !== undefined;
  return isInVariable ? '$CHATSTREAM_API_KEY' : 'KEY';
}
