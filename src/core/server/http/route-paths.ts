/** Where OpenAI's clients expect its API: their base URLs end in it. */
const version = 'v1';

/** A route that a client may have meant. */
export interface MeantRoute {
  /** Such as `/v1/models`. */
  readonly path: string;
  /** The methods that it has, sorted, if the client's is not among them; null if it is. */
  readonly otherMethods: readonly string[] | null;
}

interface Route {
  readonly segments: readonly string[];
  readonly methods: Set<string>;
}

/** The paths of all routes, and what clients write instead of them. */
export class RoutePaths {
  readonly #routes = new Map<string, Route>();
  /** The first segments below `/v1`. */
  readonly #versioned = new Set<string>();
  /** The paths outside of it that have one segment, and the first segments of longer ones, which belong to pages. */
  readonly #outside = new Set<string>();
  readonly #pages = new Set<string>();
  /** Segments of the longest route. */
  #longest = 0;

  /** @param path as Fastify writes it, with `:name` for what varies */
  add(path: string, methods: readonly string[]): void {
    // The route of CORS for preflight requests.
    if (path === '*') return;
    const segments = segmentsOf(path);
    const route = this.#routes.get(path) ?? { segments, methods: new Set() };
    this.#routes.set(path, route);
    for (const method of methods) route.methods.add(method);
    this.#longest = Math.max(this.#longest, segments.length);
    const [first, second] = segments;
    if (first === version && second !== undefined) this.#versioned.add(second);
    if (first !== version) (second === undefined ? this.#outside : this.#pages).add(`/${first}`);
  }

  /**
   * A URL as the routes have it: clients whose base URL lacks `/v1`, has one too many or ends with a slash mean the same, and
   * so do those that ask for a route outside of `/v1` below it, such as `/v1/health` for `/health`.
   *
   * @param url with its query
   */
  canonical(url: string): string {
    if (!url.startsWith('/')) return url;
    const path = pathOf(url);
    const isVersioned = path.startsWith(`/${version}/`) && !path.startsWith(`/${version}/${version}/`);
    if (isVersioned && !path.includes('//') && !path.endsWith('/')) {
      const below = path.slice(version.length + 1);
      return this.#isOutside(below) ? url.slice(version.length + 1) : url;
    }
    const segments = segmentsOf(path);
    const [first = '', second, third = ''] = segments;
    if (this.#versioned.has(first)) segments.unshift(version);
    // Anthropic's clients add it to a base URL that has it.
    else if (first === version && second === version && this.#versioned.has(third)) segments.shift();
    else if (first === version && segments.length === 2 && this.#isOutside(`/${second}`)) segments.shift();
    return `/${segments.join('/')}${url.slice(path.length)}`;
  }

  #isOutside(path: string): boolean {
    return this.#outside.has(path) && !this.#pages.has(path);
  }

  /** The methods of a path, sorted; empty if there is no such path. */
  methods(path: string): readonly string[] {
    const segments = segmentsOf(path);
    const matching = [...this.#routes.values()].filter((route) => matches(route, segments));
    return [...new Set(matching.flatMap(({ methods }) => [...methods]))].sort();
  }

  /**
   * The route with whose path a longer one ends, such as `/v1/models` for `/api/v1/models`: the longest that has the method, or
   * else the longest.
   *
   * @returns null if there is none
   */
  within(path: string, method: string): MeantRoute | null {
    const segments = segmentsOf(path);
    let other: MeantRoute | null = null;
    // No route has more segments, and a path may have thousands.
    for (let start = Math.max(1, segments.length - this.#longest); start < segments.length; start += 1) {
      const rest = this.canonical(`/${segments.slice(start).join('/')}`);
      const methods = this.methods(rest);
      if (methods.includes(method)) return { path: rest, otherMethods: null };
      if (methods.length > 0) other ??= { path: rest, otherMethods: methods };
    }
    return other;
  }
}

/** The path of a request's URL, without what may be secret: the query, and the user and password of an absolute URL. */
export function pathOf(url: string): string {
  const path = !url.startsWith('/') && URL.canParse(url) ? new URL(url).pathname : url;
  return path.split(/[?#]/, 1)[0] ?? '';
}

function segmentsOf(path: string): string[] {
  return path.split('/').filter((segment) => segment !== '');
}

function matches({ segments }: Route, given: readonly string[]): boolean {
  return (
    segments.length === given.length &&
    segments.every((segment, index) => segment.startsWith(':') || segment === given[index])
  );
}
