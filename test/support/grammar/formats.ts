import { isIPv4, isIPv6 } from 'node:net';

/** Texts of each format that the grammars for it must allow. */
export const formatTexts: Readonly<Record<string, readonly string[]>> = {
  date: ['2024-02-29', '1999-12-31', '2000-02-29', '0001-01-01'],
  time: ['23:59:59Z', '00:00:00.125+05:30'],
  'date-time': ['2024-02-29T12:00:00Z', '1985-04-12T23:20:50.52-08:00'],
  duration: ['P1Y2M3DT4H5M6S', 'PT36H', 'P4W'],
  uuid: ['123e4567-e89b-12d3-a456-426614174000'],
  email: ['jane.doe+news@mail.example-shop.org', 'a@b.de'],
  hostname: ['localhost', 'api-2.example.com'],
  ipv4: ['127.0.0.1', '255.249.199.99'],
  ipv6: ['::1', '2001:db8::8a2e:370:7334', '::ffff:192.0.2.128', '1:2:3:4:5:6:7:8', 'fe80::'],
  uri: ['https://example.com/a/b?c=d&e=%20#f', 'http://localhost:8080', 'urn:isbn:0451450523', 'mailto:a@b.org'],
};

/** Whether a text is of a format, decided without the regular expressions of the compiler. */
export const formatChecks: Readonly<Record<string, (text: string) => boolean>> = {
  date: isDate,
  time: isTime,
  'date-time': (text) => isDate(text.slice(0, 10)) && text[10] === 'T' && isTime(text.slice(11)),
  duration: (text) => /^P(?=.)(?:\d+W|(?:\d+Y)?(?:\d+M)?(?:\d+D)?(?:T(?=\d)(?:\d+H)?(?:\d+M)?(?:\d+S)?)?)$/.test(text),
  uuid: (text) => /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text),
  email: isEmail,
  hostname: isHostname,
  ipv4: isIPv4,
  ipv6: isIPv6,
  uri: (text) => URL.canParse(text) && /^[a-z]+:[\x21-\x7e]+$/.test(text),
};

function isDate(text: string): boolean {
  const [year = NaN, month = NaN, day = NaN] = text.split('-').map(Number);
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  const isSame = date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  return /^\d{4}-\d\d-\d\d$/.test(text) && year >= 1 && isSame;
}

function isTime(text: string): boolean {
  const [, hours, minutes, seconds, zoneHours = 0, zoneMinutes = 0] =
    /^(\d\d):(\d\d):(\d\d)(?:\.\d+)?(?:Z|[+-](\d\d):(\d\d))$/.exec(text) ?? [];
  const isHours = (part: unknown): boolean => Number(part) < 24;
  const isSixty = (part: unknown): boolean => Number(part) < 60;
  return isHours(hours) && isHours(zoneHours) && [minutes, seconds, zoneMinutes].every(isSixty);
}

function isHostname(text: string): boolean {
  const labels = text.split('.');
  return text.length <= 253 && labels.every((label) => /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i.test(label));
}

function isEmail(text: string): boolean {
  const [local = '', domain = '', ...rest] = text.split('@');
  const isLocal = local.length <= 64 && /^[^\s."(),:;<>@[\\\]]+(?:\.[^\s."(),:;<>@[\\\]]+)*$/.test(local);
  return rest.length === 0 && isLocal && domain.includes('.') && isHostname(domain);
}
