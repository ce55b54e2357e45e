import { ChatstreamError } from '../base/errors.js';
import { isRecord } from '../base/json.js';
import { listed, percentText } from '../measurement/numbers.js';
import type { Plan, Run, TargetDescription } from '../measurement/result-schema.js';
import { fieldText } from '../measurement/settings/field-text.js';
import { cachedShareDifference, cachedShareOf } from '../measurement/settings/prompt-cache.js';
import type { Side, Sides } from './side.js';

/** A property for which the two results have different values, and that influences the figures. */
export interface Difference {
  /** What `--allow` calls it: `plan.seed`, `machine.cpu`, `model`. */
  readonly field: string;
  readonly baseline: string;
  readonly candidate: string;
}

/** Groups of fields that `--allow` accepts as a whole; single fields are named as in `plan.seed`. */
const allowable = ['plan', 'machine', 'model', 'engine', 'settings', 'prompt_cache'] as const;

/**
 * Fields of the plan that do not shape the load: the settings, which are matched one by one; how often each was
 * measured, and for how much longer than planned; the objectives, which only matter for goodput; the salt, with which
 * random words replace others; and the search, which is compared by its meaning.
 */
const notOfTheLoad: ReadonlySet<string> = new Set([
  ...['concurrency', 'max_concurrency', 'rate', 'rates'],
  ...['trials', 'trials_least', 'least_requests', 'longest_ms'],
  'slo',
  'prompt_salt',
  'find_max',
]);

/** Operating systems reserve some of the memory for themselves, not always the same amount. */
const sameMemory = 0.05;

/**
 * Everything that makes two results not comparable. URLs may differ, and so may servers, because comparisons are meant
 * for other revisions of a server, or for other servers. A value that is unknown on one side does not count as a
 * difference.
 *
 * Servers that were measured in one run were chosen together: their differences are the reason for the comparison, and
 * they are responsible for what they found in their prompt caches, because both got the same prompts in the same state.
 */
export function differencesOf({ baseline, candidate, interleaved }: Sides): readonly Difference[] {
  return [
    ...fieldDifferences('plan', planOf(baseline), planOf(candidate)),
    ...searchDifferences(baseline.plan, candidate.plan),
    ...fieldDifferences('machine', machineOf(baseline), machineOf(candidate)).filter(
      ({ field }) => field !== 'machine.memory_bytes' || !hasSameMemory(baseline, candidate),
    ),
    ...(interleaved
      ? []
      : [...serverDifferences(baseline.target, candidate.target), ...cacheDifferences(baseline.runs, candidate.runs)]),
  ];
}

/** How two servers differ in their model, their engine and the settings with which they were started. */
export function serverDifferences(baseline: TargetDescription, candidate: TargetDescription): readonly Difference[] {
  return [
    ...fieldDifferences('', { model: baseline.model }, { model: candidate.model }),
    ...fieldDifferences('', { engine: baseline.engine }, { engine: candidate.engine }),
    ...settingDifferences(baseline, candidate),
  ];
}

/** `model ("a" and "b"), settings.slots (4 and 8)`: each difference with both values, the baseline's first. */
export function differenceTexts(differences: readonly Difference[]): readonly string[] {
  return differences.map(({ field, baseline, candidate }) => `${field} (${baseline} and ${candidate})`);
}

/**
 * Checks that two results are comparable.
 *
 * @param allowed names from {@link allowable} or whole fields
 * @throws ChatstreamError `usage` that names what differs
 */
export function checkComparable(differences: readonly Difference[], allowed: readonly string[]): void {
  const refused = differences.filter(({ field }) => !isAllowed(field, allowed));
  if (refused.length === 0) return;
  // Both may be what a hostile file says, and services that show logs obey lines that begin with certain signs.
  const what = onOneLine(differenceTexts(refused).join(', '));
  const names = onOneLine([...new Set(refused.map(({ field }) => field))].join(','));
  throw new ChatstreamError('usage', `Baseline and candidate are not comparable: they differ in ${what}.`, {
    hint: `Measure both in the same way, ideally in one run with bench --versus. If the difference does not matter, use --allow ${names}.`,
  });
}

function onOneLine(text: string): string {
  return text.replaceAll(/\s/g, ' ');
}

/**
 * Rejects names that could never match, which are typing errors.
 *
 * @throws ChatstreamError `usage`
 */
export function checkAllowed(allowed: readonly string[]): void {
  const unknown = allowed.find((name) => !allowable.some((known) => name === known || name.startsWith(`${known}.`)));
  if (unknown === undefined) return;
  throw new ChatstreamError('usage', `--allow ${unknown} does not name a possible difference.`, {
    hint: `Use any of ${allowable.join(', ')}, or one field, such as plan.seed or machine.os.`,
  });
}

/** Whether `--allow` names this field, or the group it belongs to. */
export function isAllowed(field: string, allowed: readonly string[]): boolean {
  return allowed.some((name) => field === name || field.startsWith(`${name}.`));
}

/**
 * Differences in how the servers were started. If the bench started a server itself, all its flags are known: those not
 * given have their defaults. Only then is the engine known, too.
 */
function settingDifferences(baseline: TargetDescription, candidate: TargetDescription): readonly Difference[] {
  const [before, after] = [settingsOf(baseline), settingsOf(candidate)];
  const allKnown = baseline.engine !== null && candidate.engine !== null;
  const defaults = Object.fromEntries([...Object.keys(before), ...Object.keys(after)].map((name) => [name, 'default']));
  return allKnown
    ? fieldDifferences('settings', { ...defaults, ...before }, { ...defaults, ...after })
    : fieldDifferences('settings', before, after);
}

/** Without the model, which is compared by its name and not by the location of its file. */
function settingsOf({ settings }: TargetDescription): Fields {
  return Object.fromEntries(Object.entries(settings).filter(([name]) => name !== 'model'));
}

type CachedRuns = readonly Pick<Run, 'prompt_cache'>[];

/** A server need not compute what it finds in its cache, so the two did not do the same work. */
export function cacheDifferences(baseline: CachedRuns, candidate: CachedRuns): readonly Difference[] {
  if (cachedShareDifference(baseline, candidate) === null) return [];
  const share = (runs: CachedRuns): string => {
    const cached = cachedShareOf(runs);
    return cached === null ? 'unknown' : `${percentText(cached)} of the prompt tokens`;
  };
  return [{ field: 'prompt_cache', baseline: share(baseline), candidate: share(candidate) }];
}

/** A plan without these fields left nothing out, and had single requests at a constant rate. */
const usualPlan = {
  no_param: [],
  streaming: true,
  duet: false,
  ...{ arrival_cv: null, stages: null, max_in_flight: null, cancel: null, probe_rate: null },
  ...{ turns: '1', think_time: '0ms', live_answers: false, tenants: [], trace: null },
};

type Fields = Readonly<Record<string, unknown>>;

function planOf({ plan }: Side): Fields {
  const whole = { ...usualPlan, ...plan };
  return Object.fromEntries(Object.entries(whole).filter(([name]) => !notOfTheLoad.has(name)));
}

/** What was searched for. Where a search begins and how close it comes to the limit do not change the limit. */
function searchDifferences({ find_max: before }: Plan, { find_max: after }: Plan): readonly Difference[] {
  const meaning = (search: Plan['find_max']): string =>
    search === undefined ? '' : stable([search.by, search.promises.toSorted()]);
  if (meaning(before) === meaning(after)) return [];
  return [{ field: 'plan.find_max', baseline: searchText(before), candidate: searchText(after) }];
}

/** `a search by rate for ttft.p95<500ms`. */
function searchText(search: Plan['find_max']): string {
  return search === undefined ? 'no search' : `a search by ${search.by} for ${listed(search.promises)}`;
}

function machineOf({ machine }: Side): Fields {
  return { ...machine, os: withoutBuild(machine.os) };
}

/** `Linux 6.8` for `Linux 6.8.0-1021-azure`: CI services update the kernels of their machines every other week. */
function withoutBuild(os: string): string {
  return /^.*? \d+\.\d+/.exec(os)?.[0] ?? os;
}

function hasSameMemory(baseline: Side, candidate: Side): boolean {
  const [before, after] = [baseline.machine.memory_bytes, candidate.machine.memory_bytes];
  return Math.abs(after - before) <= sameMemory * Math.max(before, after);
}

/** @param group of the fields in the names of the differences; empty for fields without a group */
function fieldDifferences(group: string, baseline: Fields, candidate: Fields): Difference[] {
  return Object.entries(baseline).flatMap(([name, before]) => {
    const after = candidate[name];
    // For an engine or a server's setting, null and absent mean unknown; in a plan, both sides have all fields.
    const isUnknown = group === 'plan' ? after === undefined : after == null || before === null;
    if (isUnknown || stable(before) === stable(after)) return [];
    const apart = withoutCommon(before, after);
    const rounded = apart.map((value) => shown(name, value));
    const [was = '', is = ''] = new Set(rounded).size > 1 ? rounded : apart.map((value) => JSON.stringify(value));
    return [{ field: group === '' ? name : `${group}.${name}`, baseline: was, candidate: is }];
  });
}

/** JSON in which the order of an object's fields does not matter. */
function stable(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

function shown(name: string, value: unknown): string {
  return typeof value === 'string' ? `"${value}"` : fieldText(name, value);
}

/**
 * Both values with only those parts that differ, but for names: of two lists of tenants, those that are not in both, with what
 * distinguishes them.
 */
function withoutCommon(before: unknown, after: unknown): readonly [unknown, unknown] {
  if (areNamed(before) && areNamed(after)) return [partsOnlyIn(before, after), partsOnlyIn(after, before)];
  if (isObject(before) && isObject(after)) return [fieldsOnlyIn(before, after), fieldsOnlyIn(after, before)];
  return [before, after];
}

function isObject(value: unknown): value is Fields {
  return isRecord(value) && !Array.isArray(value);
}

function areNamed(value: unknown): value is readonly Fields[] {
  return Array.isArray(value) && value.every((each) => isRecord(each) && typeof each['name'] === 'string');
}

function partsOnlyIn(parts: readonly Fields[], others: readonly Fields[]): readonly Fields[] {
  return parts.flatMap((part) => {
    const other = others.find(({ name }) => name === part['name']);
    if (stable(other) === stable(part)) return [];
    return [other === undefined ? { name: part['name'] } : { name: part['name'], ...fieldsOnlyIn(part, other) }];
  });
}

function fieldsOnlyIn(fields: Fields, others: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([name, value]) => stable(value) !== stable(others[name])));
}
