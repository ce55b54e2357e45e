/**
 * Tools that a provider runs itself and that a model can do without. Agents offer them besides their own, codex without being asked
 * to if it has full access to the machine. Tools that have the client's data, or act for it, are none of these.
 */
const hosted = /^(?:web_search|web_fetch|image_generation)(?:_\w{1,32})?$/;

interface Offered {
  readonly type?: string | null;
  readonly external_web_access?: boolean | null;
}

/**
 * The tools of a request that the model does not get, because nothing here runs them. Without any other tools they are what the
 * request is about, so that it has to be refused.
 *
 * A web search that must not access the web is left out in any case: it could only find what the server has kept of the web, which
 * is nothing here.
 */
export function leftOutTools<T extends Offered>(tools: readonly T[]): ReadonlySet<T> {
  const hasOthers = tools.some((tool) => !isHosted(tool));
  return new Set(tools.filter((tool) => isOfflineSearch(tool) || (hasOthers && isHosted(tool))));
}

function isHosted({ type }: Offered): boolean {
  return hosted.test(type ?? '');
}

function isOfflineSearch({ type, external_web_access: isOnline }: Offered): boolean {
  return type === 'web_search' && isOnline === false;
}
