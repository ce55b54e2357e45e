import { errors } from 'undici';
import { messageOf } from '../../base/errors.js';
import { member } from '../../base/json.js';
import { EventTooLongError } from './sse-parser.js';

/** Why there is no answer, for reasons that have nothing to do with what was asked. */
export interface ConnectionFailure {
  /** One of ours, such as `connection_refused`. */
  readonly code: string;
  readonly message: string;
}

/** The connection was closed by the other side, whoever noticed it first: Node, or undici. */
const closedByServer: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET', 'UND_ERR_INFO']);

/** By Node's code of the error. `at` is host and port. */
const explanations: Readonly<Record<string, (at: string) => ConnectionFailure>> = {
  ECONNREFUSED: (at) => ({ code: 'connection_refused', message: `Nothing listens at ${at}. Is the server running?` }),
  ENOTFOUND: (at) => ({ code: 'host_not_found', message: `There is no host of the name in ${at}. Check the URL.` }),
  EAI_AGAIN: (at) => ({
    code: 'host_not_found',
    message: `The name in ${at} could not be looked up. Check the network.`,
  }),
  ETIMEDOUT: (at) => ({ code: 'host_unreachable', message: `${at} does not answer. Check the network and firewalls.` }),
  EHOSTUNREACH: (at) => ({ code: 'host_unreachable', message: `There is no way to ${at}. Check the network.` }),
  ENETUNREACH: (at) => ({ code: 'host_unreachable', message: `There is no way to ${at}. Check the network.` }),
  EMFILE: () => ({ code: 'too_many_open_files', message: 'Too many connections for this process. Raise `ulimit -n`.' }),
  EADDRNOTAVAIL: (at) => ({
    code: 'no_free_port',
    message: `No free local port for another connection to ${at}: too many were opened in a short time.`,
  }),
  UND_ERR_INVALID_ARG: () => ({ code: 'invalid_request', message: 'The request cannot be sent; check the headers.' }),
};

export function connectionFailure(thrown: unknown, at: string): ConnectionFailure {
  if (thrown instanceof EventTooLongError) {
    return { code: 'event_too_long', message: `${thrown.message} Is it an OpenAI-compatible API?` };
  }
  const nodeCode = codeOf(thrown);
  const explanation = explanations[nodeCode]?.(at);
  if (explanation !== undefined) return explanation;
  if (isClosedByServer(thrown)) {
    return {
      code: 'connection_reset',
      message: `The server at ${at} closed the connection. See its log for the reason.`,
    };
  }
  if (thrown instanceof errors.HTTPParserError || /^(?:HPE_|UND_ERR_)/.test(nodeCode)) {
    return { code: 'http_protocol_error', message: `${at} does not speak HTTP/1.1 as it should: ${messageOf(thrown)}` };
  }
  if (/^(?:ERR_TLS|ERR_SSL|CERT_|UNABLE_TO_|EPROTO$)|SELF_SIGNED/.test(nodeCode)) {
    return {
      code: 'tls_error',
      message: `No secure connection to ${at}: ${messageOf(thrown)}. Check https in the URL; NODE_EXTRA_CA_CERTS names a file of certificates to trust.`,
    };
  }
  return { code: 'connection_failed', message: `The connection to ${at} failed: ${messageOf(thrown)}` };
}

export function isClosedByServer(thrown: unknown): boolean {
  return closedByServer.has(codeOf(thrown));
}

/** Of an address with several numbers (localhost often has two), the first one's error speaks for all. */
function codeOf(thrown: unknown): string {
  const code = member(thrown, 'code');
  return typeof code === 'string' ? code : '';
}
