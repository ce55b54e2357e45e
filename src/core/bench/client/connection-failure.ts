import { errors } from 'undici';
import { messageOf } from '../../base/errors.js';
import { member } from '../../base/json.js';
import { UndecodableError } from './content-decoder.js';
import { EventTooLongError } from './sse-parser.js';

/** Why there is no answer, for reasons that do not depend on the request. */
export interface ConnectionFailure {
  /** One of our codes, such as `connection_refused`. */
  readonly code: string;
  readonly message: string;
}

/** The codes of a connection that the other side has closed, as Node and undici report it. */
const closedByServer: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET', 'UND_ERR_INFO']);

/** Explanations by the error's code. `at` is host and port, or the path of a socket. */
const explanations: Readonly<Record<string, (at: string) => ConnectionFailure>> = {
  ECONNREFUSED: (at) => ({ code: 'connection_refused', message: `Nothing listens at ${at}. Is the server running?` }),
  ENOTFOUND: (at) => ({ code: 'host_not_found', message: `The host name in ${at} does not exist. Check the URL.` }),
  EAI_AGAIN: (at) => ({
    code: 'host_not_found',
    message: `The name in ${at} could not be looked up. Check the network.`,
  }),
  ETIMEDOUT: (at) => ({ code: 'host_unreachable', message: `${at} does not answer. Check the network and firewalls.` }),
  EHOSTUNREACH: (at) => ({ code: 'host_unreachable', message: `There is no route to ${at}. Check the network.` }),
  ENETUNREACH: (at) => ({ code: 'host_unreachable', message: `There is no route to ${at}. Check the network.` }),
  ENOENT: (at) => ({ code: 'socket_not_found', message: `There is no socket ${at}. Is the server running?` }),
  EACCES: (at) => ({ code: 'socket_forbidden', message: `This user may not connect to ${at}. Check its permissions.` }),
  EMFILE: () => ({ code: 'too_many_open_files', message: 'Too many connections for this process. Raise `ulimit -n`.' }),
  EADDRNOTAVAIL: (at) => ({
    code: 'no_free_port',
    message: `No free local port for another connection to ${at}: too many were opened in a short time.`,
  }),
  UND_ERR_INVALID_ARG: () => ({ code: 'invalid_request', message: 'The request cannot be sent; check the headers.' }),
};

export function connectionFailure(error: unknown, at: string): ConnectionFailure {
  if (error instanceof EventTooLongError) {
    return { code: 'event_too_long', message: `${error.message} Is it an OpenAI-compatible API?` };
  }
  if (error instanceof UndecodableError) return { code: 'undecodable_answer', message: error.message };
  const nodeCode = codeOf(error);
  const explanation = explanations[nodeCode]?.(at);
  if (explanation !== undefined) return explanation;
  if (isClosedByServer(error)) {
    return {
      code: 'connection_reset',
      message: `The server at ${at} closed the connection. See its log for the reason.`,
    };
  }
  if (error instanceof errors.HTTPParserError || /^(?:HPE_|UND_ERR_)/.test(nodeCode)) {
    return { code: 'http_protocol_error', message: `${at} does not speak HTTP/1.1 as it should: ${messageOf(error)}` };
  }
  if (/wrong version number|packet length too long/i.test(messageOf(error))) {
    return {
      code: 'tls_error',
      message: `No secure connection to ${at}: it does not speak TLS. Does it expect http in the URL?`,
    };
  }
  if (/^(?:ERR_TLS|ERR_SSL|CERT_|UNABLE_TO_|EPROTO$)|SELF_SIGNED/.test(nodeCode)) {
    return {
      code: 'tls_error',
      message: `No secure connection to ${at}: ${messageOf(error)}. Check https in the URL; --ca names a file of certificates to trust, and --insecure accepts any.`,
    };
  }
  return { code: 'connection_failed', message: `The connection to ${at} failed: ${messageOf(error)}` };
}

export function isClosedByServer(error: unknown): boolean {
  return closedByServer.has(codeOf(error));
}

/** If a name has several addresses, as localhost often does, this is the error code of the first one. */
function codeOf(error: unknown): string {
  const code = member(error, 'code');
  return typeof code === 'string' ? code : '';
}
