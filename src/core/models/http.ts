import { ChatstreamError, messageOf } from '../base/errors.js';
import type { HuggingFace } from './hugging-face.js';

export interface RequestOptions {
  /** Set for what is on Hugging Face. Its token is sent only if it will not do without one. */
  readonly huggingFace: HuggingFace | null;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
}

/** Statuses with which Hugging Face answers those whom it does not know, for models that are not for everyone. */
const wantsToken = [401, 403, 404];

/**
 * Asks for a URL. `fetch` drops the token by itself where it is redirected to another host.
 *
 * @param wanted what it is asked for, in the operator's words
 * @returns a response with a status of 200 to 299, whose body nobody has read
 * @throws ChatstreamError `model_unreadable` that says what to do; the signal's reason
 */
export async function request(url: string, options: RequestOptions, wanted: string): Promise<Response> {
  const token = options.huggingFace?.token ?? null;
  let response = await ask(url, options, {});
  if (token !== null && wantsToken.includes(response.status)) {
    await response.body?.cancel();
    response = await ask(url, options, { authorization: `Bearer ${token}` });
  }
  if (response.ok) return response;
  await response.body?.cancel();
  throw statusError(response.status, url, wanted, options.huggingFace);
}

function accessHint(huggingFace: HuggingFace | null): string {
  if (huggingFace === null) return 'chatstream has no password for it: download the file yourself and give its path.';
  return huggingFace.token === null
    ? 'Check its spelling. If it is private, or asks you to accept terms on its page, set HF_TOKEN to a token that may read it.'
    : 'Check its spelling, and whether the token in HF_TOKEN may read it: some models ask you to accept their terms on their page first.';
}

async function ask(
  url: string,
  { headers, signal }: RequestOptions,
  authorization: Readonly<Record<string, string>>,
): Promise<Response> {
  try {
    return await fetch(url, { headers: { ...headers, ...authorization }, signal: signal ?? null });
  } catch (error) {
    signal?.throwIfAborted();
    throw unreachable(url, error);
  }
}

/** What a status means for whoever wanted the file, and what they can do. */
export function statusError(
  status: number,
  url: string,
  wanted: string,
  huggingFace: HuggingFace | null,
): ChatstreamError {
  const { host } = new URL(url);
  const error = (message: string, hint: string): ChatstreamError =>
    new ChatstreamError('model_unreadable', message, { hint });
  if (status === 401 || status === 403) {
    return error(`${host} does not give ${wanted} to everyone (status ${status}).`, accessHint(huggingFace));
  }
  if (status === 404 || status === 410 || status === 400) {
    return error(
      `${host} has no ${wanted} (status ${status}).`,
      'Check the spelling, upper and lower case too; the page of the model lists its files.',
    );
  }
  if (status === 429)
    return error(`${host} takes no more requests for now (status 429).`, 'Try again in some minutes.');
  if (status >= 500) return error(`${host} has a problem (status ${status}).`, 'It is on their side: try again later.');
  return error(`${host} refuses ${wanted} (status ${status}).`, 'Try the address in a browser to see why.');
}

/** Why nothing answered. `fetch` says only that it failed; the reason is in its cause. */
function unreachable(url: string, thrown: unknown): ChatstreamError {
  const { host } = new URL(url);
  const cause = thrown instanceof Error && thrown.cause !== undefined ? thrown.cause : thrown;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  return new ChatstreamError('model_unreadable', `${host} cannot be reached: ${reasons[code] ?? messageOf(cause)}.`, {
    hint: 'Check the network; models that are cached or on disk can be used without one ("chatstream models" lists them).',
    cause: thrown,
  });
}

const reasons: Readonly<Record<string, string>> = {
  ENOTFOUND: 'there is no such host, or no network',
  EAI_AGAIN: 'its name cannot be looked up, so there is probably no network',
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'the connection was cut off',
  ETIMEDOUT: 'it does not answer',
  UND_ERR_CONNECT_TIMEOUT: 'it does not answer',
  UND_ERR_HEADERS_TIMEOUT: 'it does not answer',
  ENETUNREACH: 'there is no network',
  EHOSTUNREACH: 'there is no way to it',
  SELF_SIGNED_CERT_IN_CHAIN:
    'its certificate is signed by an authority that Node.js does not know (see NODE_EXTRA_CA_CERTS)',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    'its certificate is signed by an authority that Node.js does not know (see NODE_EXTRA_CA_CERTS)',
};
