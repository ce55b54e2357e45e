import { ChatstreamError } from '../../base/errors.js';
import type { Rejection } from '../client/rejection.js';

const aboutUrl = 'Is --url the base of an OpenAI-compatible server?';
const aboutKey = 'Give a valid key with --api-key, or in any other header with --header "name: value".';
const aboutParameters = '--no-param leaves out a parameter that it does not take, and --extra-body replaces one.';

const aboutLength =
  'Send shorter prompts with --input-tokens, ask for shorter answers with --output-tokens, or give the server a longer context.';

/** How servers of all kinds report a prompt that is too long. */
const tooLong = /context (?:length|window|size)|too long|exceeds? the (?:available )?context/i;

const hints: Readonly<Record<number, string>> = {
  400: aboutParameters,
  401: aboutKey,
  403: aboutKey,
  404: `${aboutUrl} If so, does it have the model? --model-name names another.`,
  422: aboutParameters,
};

/**
 * The error that ends a bench all of whose requests are rejected.
 *
 * @param url without its query
 */
export function rejectedError(url: string, { status, message }: Rejection): ChatstreamError {
  const sentence = /[.!?…]$/.test(message) ? message : `${message}.`;
  return new ChatstreamError(
    'target_unreachable',
    `${url} rejects the requests of the bench (HTTP ${status}): ${sentence}`,
    {
      hint: status === 400 && tooLong.test(message) ? aboutLength : (hints[status] ?? aboutUrl),
    },
  );
}
