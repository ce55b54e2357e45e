import { ChatstreamError } from '../../base/errors.js';
import { type Endpoint, endpointIn } from '../../measurement/workload/endpoints.js';

/** The parts of a server's URL. */
export interface ServerAddress {
  /**
   * Without credentials, query, trailing slashes and the path of OpenAI's routes, so it can be shown in results and logs:
   * `https://llm.example.org/proxy`, `unix:/run/llm.sock`, `unix:/run/llm.sock:/proxy`.
   */
  readonly baseUrl: string;
  /** The same for HTTP, which has no notation for sockets: `http://localhost/proxy`. */
  readonly httpUrl: string;
  /** The Unix socket to connect to; null: the URL's host. */
  readonly socketPath: string | null;
  /** The endpoint that the URL ends with; null for none. */
  readonly endpoint: Endpoint | null;
  /** What may be between the base and `/chat/completions` or `/models`, the most likely first: `/v1`, or nothing. */
  readonly apiPaths: readonly string[];
  /** The model that the URL itself names, as on Azure; null for none. */
  readonly model: string | null;
  /** The query with its question mark, empty if there is none. It may contain a key, and is sent with every request. */
  readonly query: string;
}

/** `unix:/run/llm.sock:/base?query`, where the base and the query are optional; nginx's notation has `http://` before it. */
const unixUrl = /^(?:http:\/\/)?unix:(?:\/\/(?=\/))?([^:?#]+)(?::(\/[^?#]*)?)?(\?[^#]*)?(?:#.*)?$/;

/** A deployment on Azure OpenAI, whose routes have no version in their path. */
const azureDeployment = /\/openai\/deployments\/([^/]+)$/;

/**
 * Reads the URL of a server in the usual forms: the base with or without `/v1`, as for OpenAI's clients; the whole URL
 * of an endpoint, such as the chat completions; an Azure deployment; a Unix socket. All of them may have a query.
 *
 * @throws ChatstreamError `usage` if it is not the URL of a server, or contains a password
 */
export function serverAddressOf(text: string): ServerAddress {
  const [, socketPath, base = '', query = ''] = unixUrl.exec(text) ?? [];
  if (socketPath !== undefined) {
    const { path, ...rest } = partsOf(base);
    const httpUrl = `http://localhost${path}`;
    return { baseUrl: `unix:${socketPath}${path === '' ? '' : `:${path}`}`, httpUrl, socketPath, ...rest, query };
  }
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    throw new ChatstreamError('usage', `"${text.replace(/\?.*$/, '')}" is not the URL of a server.`, {
      hint: 'Write it in full, such as http://127.0.0.1:8000 or unix:/run/llm.sock.',
    });
  }
  if (url.username + url.password !== '') {
    throw new ChatstreamError(
      'usage',
      `The URL of ${url.host} contains a password, which would be visible in the results.`,
      {
        hint: 'Send it as --header "authorization: Basic …".',
      },
    );
  }
  const { path, ...rest } = partsOf(url.pathname);
  const baseUrl = url.origin + path;
  return { baseUrl, httpUrl: baseUrl, socketPath: null, ...rest, query: url.search };
}

type PathParts = { readonly path: string } & Pick<ServerAddress, 'endpoint' | 'apiPaths' | 'model'>;

function partsOf(pathname: string): PathParts {
  const whole = pathname.replace(/\/+$/, '');
  const named = endpointIn(whole);
  const endpoint = named?.endpoint ?? null;
  const base = named?.base ?? whole.replace(/(?<=\/v1)\/models$/, '');
  const model = azureDeployment.exec(base)?.[1];
  if (model !== undefined) return { path: base, endpoint, apiPaths: [''], model: model };
  if (base.endsWith('/v1')) return { path: base.slice(0, -'/v1'.length), endpoint, apiPaths: ['/v1'], model: null };
  if (base !== whole) return { path: base, endpoint, apiPaths: [''], model: null };
  // Some bases contain a version of their own, such as /v1beta/openai.
  return { path: base, endpoint, apiPaths: base === '' ? ['/v1'] : ['/v1', ''], model: null };
}
