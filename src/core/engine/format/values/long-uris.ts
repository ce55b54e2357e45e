/** From this `maxLength` on, a URI need not be counted as a whole: its parts are counted instead. */
const leastCounted = 200;

/**
 * The lengths that are distinguished: a `maxLength` in between means the same as the next lower one, so that rules are
 * shared.
 */
const steps: readonly number[] = [leastCounted, 255, 512, 1024, 2048];

/** How much longer than its `minLength` a URI without a `maxLength` may be. */
const slack = 1024;

/**
 * A host name: this many labels, each consisting of a letter or digit, `run` others, and hyphens with `part` letters or
 * digits.
 */
interface HostSize {
  readonly labels: number;
  readonly run: number;
  readonly hyphens: number;
  readonly part: number;
}

const shortHost: HostSize = { labels: 3, run: 12, hyphens: 1, part: 7 };
const longHost: HostSize = { labels: 4, run: 20, hyphens: 3, part: 10 };

const longestScheme = 'https://'.length;
const shortestBeginning = 'ws://a/'.length;
const longestPort = ':9999'.length;

const shortest = 'ws://a'.length;

/**
 * A grammar in GBNF for URIs with a length that is far too large to be counted character by character. Host, path,
 * query and fragment have lengths of their own, which together are at most `max`. If `min` matters, the path alone is
 * that long, so that short paths are left out.
 *
 * @param min in characters
 * @param max in characters; may be Infinity
 * @returns null for lengths that have to be counted, or need not be
 */
export function longUriGrammar(min: number, max: number): string | null {
  const isLong = min > shortest;
  if (max === Infinity && min < leastCounted) return null;
  const most = max === Infinity ? min + slack : isLong ? max : (steps.findLast((step) => step <= max) ?? 0);
  if (most < leastCounted) return null;
  const host = most >= min + 512 ? longHost : shortHost;
  const least = isLong ? Math.max(0, min - shortestBeginning) : 0;
  const free = most - longestScheme - longestHost(host) - longestPort - '/?#'.length - least;
  if (free < 0) return null;
  const path = `"/" ${part(pathChars, free * 0.6, least)}`;
  return [
    `root ::= ("http" "s"? | "ftp" | "ws" "s"?) "://" host${host.labels} (":" [1-9] [0-9]{0,3})? ` +
      `${isLong ? path : `(${path})?`} query? fragment? ${isLong ? '' : '| "urn:" [a-z0-9] [a-z0-9-]{1,30} ":" other | "mailto:" other'}`,
    `query ::= "?" ${part(`${pathChars}?`, free * 0.28)}`,
    `fragment ::= "#" ${part(`${pathChars}?`, free * 0.12)}`,
    ...(isLong ? [] : [`other ::= ${part(segmentChars, free * 0.6, 1)}`]),
    ...hostRules(host),
  ].join('\n');
}

const segmentChars = String.raw`A-Za-z0-9._~!$&'()*+,;=:@\-`;
const pathChars = `${segmentChars}/`;

/** At most `max` characters; escapes take up to a quarter of them. */
function part(chars: string, max: number, least = 0): string {
  const plain = Math.floor(max * 0.75);
  const escapes = Math.floor((max - plain) / 16);
  return `[${chars}]{${least},${least + plain}} ("%" [0-9A-Fa-f]{2} [${chars}]{0,13}){0,${escapes}}`;
}

/** The last label begins with a letter, so that a host name is not an incomplete IPv4 address. */
function hostRules({ labels, run, hyphens, part: most }: HostSize): readonly string[] {
  const longer = Array.from({ length: labels - 1 }, (_, index) => {
    const next = `"." host${index + 1}`;
    return `host${index + 2} ::= [A-Za-z] rest (${next})? | [0-9] rest ${next}`;
  });
  const rest = `rest ::= [A-Za-z0-9]{0,${run}} ("-" [A-Za-z0-9]{1,${most}}){0,${hyphens}}`;
  return ['host1 ::= [A-Za-z] rest', ...longer, rest];
}

function longestHost({ labels, run, hyphens, part: most }: HostSize): number {
  return labels * (1 + run + hyphens * (1 + most)) + labels - 1;
}
