import { type PlacedTag, tagsIn } from '../../../base/jinja.js';

/** Number of turns after which a search is interrupted, to see whether it has found something. */
const stops = [4, 32, 256, 2048];

/**
 * A template whose searches end when they have found something.
 *
 * Jinja has no way to leave a loop early, so templates search with a loop that continues and does nothing:
 *
 * ```jinja
 * {%- for i in range(last, -1, -1) -%}
 *   {%- if not seen.any -%} … {%- set seen.any = true -%} … {%- endif -%}
 * {%- endfor -%}
 * ```
 *
 * Such a loop inside another one over all messages takes quadratic time: with Gemma 4's template, 500 messages took 20
 * s on a busy machine. Here, the loop is split into parts of growing length, each of which is left out if the one
 * before has found something. Loops that do anything else stay as they are.
 */
export function withShortSearches(source: string): string {
  const tags = tagsIn(source);
  let text = '';
  let end = 0;
  for (const [index, tag] of tags.entries()) {
    if (tag.start < end) continue;
    const search = searchAt(index, tags, source);
    if (search === null) continue;
    text += source.slice(end, tag.start) + inParts(search);
    end = search.end.end;
  }
  return text + source.slice(end);
}

interface Search {
  readonly start: PlacedTag;
  readonly end: PlacedTag;
  readonly variable: string;
  readonly range: string;
  readonly body: string;
  /** The condition that says that something was found. */
  readonly flag: string;
}

function inParts({ start, end, variable, range, body, flag }: Search): string {
  const froms = [0, ...stops];
  const loops = froms.map((from, index) => {
    const part = `(${range})[${from}:${stops[index] ?? ''}]`;
    const before = index === 0 ? start.control.before : '-';
    return `{%${before} for ${variable} in ${part} ${start.control.after}%}${body}{%${end.control.before} endfor -%}`;
  });
  const closing = `${'{%- endif -%}'.repeat(stops.length - 1)}{%- endif ${end.control.after}%}`;
  return loops.join(`{%- if not ${flag} -%}`) + closing;
}

const loopPattern = /^\s*for\s+(\w+)\s+in\s+(range\([^'"]*\))\s*$/u;
const flagPattern = /^\s*if\s+(not\s+)?(\w+\.\w+)\s*$/u;

/**
 * What would make a part of a loop differ from the whole: its own counters, or a change of the list that it iterates
 * over.
 */
const dependent = /\bloop\b|\.(?:append|pop|insert|extend|update|clear|remove|reverse|sort)\s*\(/u;

/** The search that begins with a tag; null if none does. */
function searchAt(index: number, tags: readonly PlacedTag[], source: string): Search | null {
  const start = tags[index];
  const [, variable, range] = loopPattern.exec(start?.code ?? '') ?? [];
  if (start?.kind !== '%' || variable === undefined || range === undefined || !isFixed(range)) return null;
  const inner = innerTags(index, tags);
  const [condition] = inner ?? [];
  const last = inner?.at(-1);
  if (inner === null || condition === undefined || last === undefined) return null;
  const end = tags[index + inner.length + 1];
  if (end === undefined || inner.some(({ code }) => dependent.test(code))) return null;
  if (!isNothing(start, condition, source) || !isNothing(last, end, source)) return null;
  const flag = flagOf(inner, source);
  if (flag === null) return null;
  return { start, end, variable, range, flag, body: source.slice(start.end, end.start) };
}

/**
 * Whether a range is the same after each part of the loop: it depends on no members except those of the surrounding
 * loop.
 */
function isFixed(range: string): boolean {
  const calls = range.match(/\w+\s*\(/gu) ?? [];
  const owners = range.match(/\w+(?=\.)/gu) ?? [];
  const limits = range.slice('range('.length, -1);
  return calls.length === 1 && !/[()]/u.test(limits) && owners.every((owner) => owner === 'loop');
}

const opening = /^\s*(?:for|if|macro|call|filter)\b|^\s*set\s+\w+\s*$/u;
const closing = /^\s*end(?:for|if|macro|call|filter|set)\b/u;
const branch = /^\s*(?:elif|else)\b/u;

/** The tags between that of a loop and its end; null if there is no end, or another branch. */
function innerTags(index: number, tags: readonly PlacedTag[]): readonly PlacedTag[] | null {
  let level = 0;
  for (let at = index + 1; at < tags.length; at += 1) {
    const { kind, code } = tags[at] ?? { kind: '{', code: '' };
    if (kind !== '%') continue;
    if (level === 0 && branch.test(code)) return null;
    if (level === 0 && closing.test(code)) return tags.slice(index + 1, at);
    if (opening.test(code)) level += 1;
    if (closing.test(code)) level -= 1;
  }
  return null;
}

/** The places of the branches of a condition that the first tag begins and the last one ends; null if they do not. */
function innerBranches(inner: readonly PlacedTag[]): readonly number[] | null {
  const branches: number[] = [];
  let level = 0;
  for (const [at, { kind, code }] of inner.entries()) {
    if (kind === '%' && opening.test(code)) level += 1;
    if (kind === '%' && level === 1 && branch.test(code)) branches.push(at);
    if (kind === '%' && closing.test(code)) level -= 1;
    if (level === 0) return at === inner.length - 1 && at > 0 ? branches : null;
  }
  return null;
}

/** What keeps a loop from doing anything once one of its turns has set it; null if there is no such thing. */
function flagOf(inner: readonly PlacedTag[], source: string): string | null {
  const [condition] = inner;
  const branches = innerBranches(inner);
  const [, negation, flag] = flagPattern.exec(condition?.code ?? '') ?? [];
  if (condition?.kind !== '%' || flag === undefined || branches === null) return null;
  const [first = -1] = branches;
  const other = inner[first];
  const isIdle =
    negation === undefined ? first === 1 && other !== undefined && isNothing(condition, other, source) : first === -1;
  const setting = new RegExp(String.raw`^\s*set\s+${flag.replace('.', String.raw`\.`)}\s*=`, 'u');
  return isIdle && inner.some(({ code }) => setting.test(code)) ? flag : null;
}

/** Whether nothing is written between two tags, because one of them trims the white space. */
function isNothing(before: PlacedTag, after: PlacedTag, source: string): boolean {
  const between = source.slice(before.end, after.start);
  if (between === '') return true;
  return between.trim() === '' && (before.control.after === '-' || after.control.before === '-');
}
