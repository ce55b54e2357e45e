const day = String.raw`(?:0[1-9]|[12]\d|30)`;
const leapYear = String.raw`(?:\d\d(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)`;
const date = [
  String.raw`(?:\d{4}-(?:(?:0[13578]|1[02])-(?:${day}|31)|(?:0[469]|11)-${day}|02-(?:0[1-9]|1\d|2[0-8]))`,
  String.raw`|${leapYear}-02-29)`,
].join('');
const time = String.raw`(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)`;

/** So few digits that all parts together are at most a billion days, and pydantic accepts each. */
const dayPart = String.raw`(?:\d{1,6}Y)?(?:\d{1,7}M)?(?:\d{1,8}D)?`;
const timePart = String.raw`(?:\d{1,5}H)?(?:\d{1,7}M)?(?:\d{1,9}S)?`;

/** A part of a host name: letters, digits, and single hyphens inside. */
const label = '[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*';
const atom = '[A-Za-z0-9_+-]';
/** The maximum length of a part of a host name: with it, no other limit of the standards can be exceeded. */
const isShort = '(?=.{1,63}$)';

const email = String.raw`${atom}(?:\.?${atom}){0,29}@[A-Za-z0-9](?:[-.]?[A-Za-z0-9]){0,30}`;
const longestEmail = 59 + 1 + 61;

const octet = String.raw`(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)`;
const ipv4 = String.raw`${octet}(?:\.${octet}){3}`;

const pathChar = String.raw`(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})`;
/** Its last part begins with a letter, so that it is not an incomplete IPv4 address. */
const host = String.raw`(?:${label}\.)*[A-Za-z][A-Za-z0-9]*(?:-[A-Za-z0-9]+)*`;

/**
 * Regular expressions for the formats that are enforced. Each only allows texts of the format, and for `email`,
 * `hostname` and `uri` not all of them: not the longest ones, only common characters, no addresses in place of names,
 * no user names in a URI.
 */
const formats: ReadonlyMap<string, string> = new Map([
  ['date', date],
  ['time', time],
  ['date-time', `${date}T${time}`],
  ['duration', String.raw`P(?:\d{1,8}W|${dayPart}(?:T${timePart})?)`],
  ['uuid', '[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}'],
  ['email', email],
  ['hostname', String.raw`${label}(?:\.${label})*`],
  ['ipv4', ipv4],
  ['ipv6', ipv6()],
  [
    'uri',
    String.raw`(?:https?|ftp|wss?)://${host}(?::[1-9]\d{0,3})?(?:/${pathChar}*)*(?:\?(?:${pathChar}|[/?])*)?(?:#(?:${pathChar}|[/?])*)?` +
      `|urn:[a-z0-9][a-z0-9-]{1,30}:${pathChar}+|mailto:${pathChar}+`,
  ],
]);

/** What has to follow the `^` of a format's regular expression. Python knows no year 0. */
const conditions: ReadonlyMap<string, string> = new Map([
  ['date', '(?!0000)'],
  ['date-time', '(?!0000)'],
  ['duration', '(?!P$)(?!.*T$)'],
  ['email', String.raw`(?=[^@]*@.*\.[A-Za-z]{2,}$)`],
  ['hostname', isShort],
]);

/**
 * The regular expression of a format that is enforced; null for others, which are annotations.
 *
 * @param maxLength an address whose limit is lower than that of others is counted as a whole, which then takes fewer
 *   rules
 */
export function formatRegex(format: string, maxLength: number): string | null {
  if (format === 'email' && maxLength < longestEmail) {
    return String.raw`^${isShort}${atom}+(?:\.${atom}+)*@(?:${label}\.)+[A-Za-z]{2,}$`;
  }
  const regex = formats.get(format);
  return regex === undefined ? null : `^${conditions.get(format) ?? ''}(?:${regex})$`;
}

/** Eight groups, of which a run of one or more zero groups may be left out once, and the last two may be an IPv4 address. */
function ipv6(): string {
  const group = '[0-9A-Fa-f]{1,4}';
  const last = `(?:${group}:${group}|${ipv4})`;
  const options = [`(?:${group}:){6}${last}`];
  for (let before = 0; before <= 7; before += 1) {
    const head = before === 0 ? '' : `${group}(?::${group}){${before - 1}}`;
    const after = 7 - before;
    const tails = [''];
    if (after >= 1) tails.push(`${group}(?::${group}){0,${after - 1}}`);
    if (after >= 2) tails.push(`(?:${group}:){0,${after - 2}}${ipv4}`);
    options.push(`${head}::(?:${tails.join('|')})`);
  }
  return options.join('|');
}
