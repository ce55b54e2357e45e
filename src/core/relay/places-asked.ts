import { ChatstreamError } from '../base/errors.js';
import type { RelayExecutor } from './jobs/relay-executor.js';
import type { RelayRequest } from './jobs/relay-request.js';

/** For an upstream that does not report its places: as many answers as OpenAI allows in one request. */
const unknownPlaces = 128;

/**
 * The places that a request takes at an upstream: one for each answer, up to the number that the largest upstream has,
 * which generates at most that many at once and lets the others wait.
 *
 * @param model by the name by which clients ask for it
 * @param able the upstreams that have its model
 * @param maxConcurrency the maximum number of generations at once; null for as many as the upstreams have places
 * @throws ChatstreamError `invalid_request` for one that could never start
 */
export function placesAsked(
  { places: answers = 1, choices }: Pick<RelayRequest, 'places' | 'choices'>,
  model: string,
  able: readonly Pick<RelayExecutor, 'arePlacesKnown' | 'forModel'>[],
  maxConcurrency: number | null,
): number {
  if (answers === 1 || able.length === 0) return answers;
  const largest = Math.max(...able.map((each) => (each.arePlacesKnown ? each.forModel(model).places : unknownPlaces)));
  const most = Math.min(maxConcurrency ?? Infinity, largest);
  if (choices !== undefined && choices.ofEach > most) {
    throw new ChatstreamError(
      'invalid_request',
      `"${choices.param}" can be at most ${most}, the number of generations that run at once at one upstream.`,
      { param: choices.param, hint: 'Send several requests, or give an upstream more slots=.' },
    );
  }
  const places = Math.min(answers, largest);
  if (places <= most) return places;
  throw new ChatstreamError(
    'invalid_request',
    `"prompt" asks for ${answers} generations, of which an upstream runs ${places} at once, but at most ${most} may run.`,
    { param: 'prompt', hint: 'Send fewer prompts at once, or start the server with a higher --max-concurrency.' },
  );
}
