import { type ReasoningEffort, reasoningEfforts, type RequestedEffort } from '../../reasoning.js';
import { TemplateCode } from './template-code.js';

/** Something in a chat template that decides whether, or how much, a model thinks. */
export type ThinkingSwitch =
  /** A variable that is true or false. */
  | { readonly type: 'flag'; readonly variable: string }
  /** A variable with one word for thinking, and one for not thinking. */
  | { readonly type: 'mode'; readonly variable: string; readonly on: string; readonly off: string }
  /** A variable with words for efforts; `off` is the one for no thinking, if there is one. */
  | {
      readonly type: 'effort';
      readonly variable: string;
      readonly words: readonly string[];
      readonly off: string | null;
    }
  /** A variable with a number of tokens: 0 turns thinking off, −1 sets no limit. */
  | { readonly type: 'budget'; readonly variable: string }
  /** Words in a system or user message, which the template removes. There is no variable for this. */
  | { readonly type: 'message'; readonly on: string; readonly off: string };

const flags = ['enable_thinking', 'thinking'];
const modes = ['thinking_mode', 'thinking_option'];
const efforts = ['reasoning_effort', 'thinking_effort', 'reasoning_strength'];
const budgets = ['thinking_budget'];

const onWords = ['enabled', 'on'];
const offWords = ['none', 'no_think', 'disabled', 'off'];
/** Words that are assumed to be known by every template that does not list its own. */
const commonWords = ['low', 'medium', 'high'];

/** What turns thinking on or off in a chat template; empty if nothing does. */
export function thinkingSwitches(templateSource: string): readonly ThinkingSwitch[] {
  const code = new TemplateCode(templateSource);
  const found: ThinkingSwitch[] = flags
    .filter((name) => code.reads(name))
    .map((name) => ({ type: 'flag', variable: name }));
  for (const variable of modes.filter((name) => code.reads(name))) {
    const { words } = code.wordsOf(variable);
    const on = onWords.find((word) => words.includes(word));
    const off = offWords.find((word) => words.includes(word));
    if (on !== undefined && off !== undefined) found.push({ type: 'mode', variable, on, off });
  }
  for (const variable of efforts.filter((name) => code.reads(name))) {
    const { words, isClosed } = code.wordsOf(variable);
    const off = offWords.find((word) => words.includes(word)) ?? null;
    const known = isClosed ? words : [...words, ...commonWords];
    found.push({ type: 'effort', variable, words: [...new Set(known)].filter((word) => rankOf(word) > 0), off });
  }
  found.push(...budgets.filter((name) => code.reads(name)).map((variable) => ({ type: 'budget', variable }) as const));
  if (found.length === 0 && code.looksFor('/no_think')) found.push({ type: 'message', on: '/think', off: '/no_think' });
  return found;
}

/**
 * The variables with which a chat template is asked for an effort. `none` turns thinking off where possible. An unknown
 * effort becomes the nearest known one, and of two that are equally near, the higher one. `on` leaves the effort to the
 * template, unless its variable for efforts may also turn thinking off.
 */
export function thinkingVariables(templateSource: string, effort: RequestedEffort): Readonly<Record<string, unknown>> {
  const switches = thinkingSwitches(templateSource);
  const hasOff = switches.some(({ type }) => type === 'flag' || type === 'mode' || type === 'budget');
  return Object.fromEntries(switches.flatMap((each) => settingsOf(each, effort, hasOff)));
}

/** @param hasOff whether another switch turns thinking off */
function settingsOf(each: ThinkingSwitch, effort: RequestedEffort, hasOff: boolean): readonly [string, unknown][] {
  const isOn = effort !== 'none';
  switch (each.type) {
    case 'flag':
      return [[each.variable, isOn]];
    case 'mode':
      return [[each.variable, isOn ? each.on : each.off]];
    case 'effort': {
      if (effort === 'on') return each.off === null ? [] : [[each.variable, nearest(each.words, 'medium')]];
      const off = each.off ?? (hasOff ? null : nearest(each.words, effort));
      const word = isOn ? nearest(each.words, effort) : off;
      return word === null ? [] : [[each.variable, word]];
    }
    case 'budget':
      return effort === 'on' ? [] : [[each.variable, budgetTokens[effort]]];
    case 'message':
      return [];
  }
}

/** The steps for which Seed-OSS, whose template has such a variable, was trained. */
const budgetTokens: Readonly<Record<ReasoningEffort, number>> = {
  none: 0,
  minimal: 512,
  low: 1024,
  medium: 4096,
  high: 16384,
  xhigh: -1,
};

/** Words for efforts, from the least. */
const scale: readonly string[] = [...reasoningEfforts, 'max'];

/** From 0, for none; −1 for a word that does not name an effort. */
function rankOf(word: string): number {
  return scale.indexOf(word);
}

function nearest(words: readonly string[], effort: ReasoningEffort): string | null {
  const rank = rankOf(effort);
  const distance = (word: string): number => Math.abs(rankOf(word) - rank);
  const [first] = words.toSorted((a, b) => distance(a) - distance(b) || rankOf(b) - rankOf(a));
  return first ?? null;
}
