import { listed, significant } from '../numbers.js';
import type { BenchResult, Setting } from '../result-schema.js';
import type { SettingSummary } from './summarise.js';

/** One of the quantities in which settings differ. */
export interface Dimension {
  readonly key: keyof Setting;
  /** The heading of a column, in lines. */
  readonly heading: readonly [string, string];
  readonly name: string;
  /** A value in a sentence. */
  text(value: string): string;
}

const dimensions: readonly Dimension[] = [
  {
    key: 'concurrency',
    heading: ['', 'clients'],
    name: 'clients',
    text: (value) => (value === '1' ? '1 client' : `${value} clients`),
  },
  {
    key: 'rate',
    heading: ['rate,', 'req/s'],
    name: 'rate',
    text: (value) => `${value} requests/s`,
  },
  {
    key: 'max_concurrency',
    heading: ['max', 'concurrency'],
    name: 'max-concurrency',
    text: (value) => (value === 'own' ? "the server's own max-concurrency" : `max-concurrency ${value}`),
  },
];

/** The dimensions in which these settings differ; if they do not differ, the last one that is known. At least one. */
export function dimensionsOf(settings: readonly Setting[]): readonly Dimension[] {
  const varying = dimensions.filter(({ key }) => new Set(settings.map((each) => each[key])).size > 1);
  if (varying.length > 0) return varying;
  const known = dimensions.findLast(({ key }) => settings.some((each) => each[key] !== null));
  return [known ?? maxConcurrencyDimension()];
}

function maxConcurrencyDimension(): Dimension {
  const [dimension] = dimensions.filter(({ key }) => key === 'max_concurrency');
  if (dimension === undefined) throw new Error('no such dimension');
  return dimension;
}

/** The value of a setting in one dimension; `own` for a server whose max-concurrency cannot be set. */
export function settingValue(settings: Setting, { key }: Dimension): string {
  const value = settings[key];
  if (value === null) return key === 'max_concurrency' ? 'own' : '–';
  return key === 'rate' ? significant(value) : String(value);
}

/** A setting in a sentence: `max-concurrency 4`, `8 clients and max-concurrency 4`. */
export function settingText(settings: Setting, by: readonly Dimension[]): string {
  return listed(by.map((dimension) => dimension.text(settingValue(settings, dimension))));
}

/** Everything that is known about a setting: `8 clients and max-concurrency 4`. */
export function wholeSettingText(settings: Setting): string {
  const known = dimensions.filter(({ key }) => settings[key] !== null);
  return settingText(settings, known);
}

/**
 * Several settings in a sentence, from the lowest, as in tables: `max-concurrency 1, 2 and 4`; only their number if they are many or
 * differ in two ways. A search measures them in the order of its questions.
 */
export function settingsText(settings: readonly Setting[], by: readonly Dimension[]): string {
  const [dimension] = by;
  const [first] = settings;
  if (first !== undefined && settings.length === 1) return settingText(first, by);
  if (dimension === undefined || by.length > 1 || settings.length > 8) return `${settings.length} settings`;
  return dimension.text(listed(fromLowest(settings).map((each) => settingValue(each, dimension))));
}

/** In the order of tables: by clients, then by rate, then by max-concurrency; a server's own comes first. */
export function fromLowest(settings: readonly Setting[]): readonly Setting[] {
  return settings.toSorted((one, other) =>
    dimensions.reduce((order, { key }) => (order === 0 ? (one[key] ?? 0) - (other[key] ?? 0) : order), 0),
  );
}

export function isRecommended({ sweep }: BenchResult, { settings }: SettingSummary): boolean {
  const recommended = sweep.recommendation;
  if (recommended === null) return false;
  const sameClients = recommended.concurrency === null || recommended.concurrency === settings.concurrency;
  return sameClients && recommended.max_concurrency === settings.max_concurrency;
}
