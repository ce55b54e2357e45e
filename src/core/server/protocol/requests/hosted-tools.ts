import type { WireBlock, WireTurn } from '../../schemas/messages/messages-requests.js';
import type { WireItem } from '../../schemas/responses/response-items.js';
import { hostedBlocks, hostedItems, hostedResults } from '../../schemas/shared/hosted-calls.js';

/**
 * Tools that a provider runs itself and that a model can do without. Agents offer them besides their own, and codex
 * does so without being asked if it has full access to the machine. A search for tools in the request finds what the
 * model knows already. Tools that have the client's data, or act for it, are not among them.
 */
const hosted = /^(?:web_search|web_fetch|image_generation|tool_search)(?:_\w{1,32})?$/;

interface Offered {
  readonly type?: string | null;
  readonly external_web_access?: boolean | null;
  readonly execution?: string | null;
}

/**
 * The tools of a request that the model does not get, because nothing here runs them. Without any other tools, they are
 * the purpose of the request, so it has to be refused.
 *
 * A web search that must not access the web is left out in any case: it could only find what the server has kept of the web, which
 * is nothing here.
 */
export function leftOutTools<T extends Offered>(tools: readonly T[]): ReadonlySet<T> {
  const hasOthers = tools.some((tool) => !isHosted(tool));
  return new Set(tools.filter((tool) => isOfflineSearch(tool) || (hasOthers && isHosted(tool))));
}

function isHosted({ type, execution }: Offered): boolean {
  return hosted.test(type ?? '') && execution !== 'client';
}

function isOfflineSearch({ type, external_web_access: isOnline }: Offered): boolean {
  return type === 'web_search' && isOnline === false;
}

/**
 * The items of a response's input that the model does not get: calls of tools that a provider has run, and their
 * results. Agents send them with the rest of a conversation that they have begun with that provider.
 *
 * Without any other items, or as a result at the end, they are the purpose of the request, so it has to be refused.
 */
export function leftOutItems(input: string | readonly WireItem[] | null | undefined): ReadonlySet<WireItem> {
  if (typeof input === 'string') return new Set();
  const items = input ?? [];
  const isLeftOut = ({ type }: WireItem): boolean => hostedItems.has(type ?? '');
  const isAboutThem = hostedResults.has(items.at(-1)?.type ?? '') || items.every(isLeftOut);
  return new Set(isAboutThem ? [] : items.filter(isLeftOut));
}

/** The same for the messages of Anthropic's API. */
export function leftOutBlocks(messages: readonly WireTurn[]): readonly WireBlock[] {
  const leftOut: WireBlock[] = [];
  for (const { content } of messages) {
    if (typeof content === 'string') continue;
    for (const block of content) if (hostedBlocks.has(block.type)) leftOut.push(block);
  }
  return leftOut;
}
