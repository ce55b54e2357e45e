import { rangesOf } from './char-set.js';
import type { Rules } from './factoring.js';
import type { Alternatives, Sequence } from './rules.js';

/**
 * Writes rules as GBNF. The first rule is the root. It only uses what llama.cpp takes over unchanged: no groups and no
 * repetitions, which would be turned into more rules.
 */
export function gbnfOf(rules: Rules): string {
  const names = new Map<number, string>();
  for (const rule of rules.keys()) names.set(rule, names.size === 0 ? 'root' : `r${names.size.toString(36)}`);
  const nameOf = (rule: number): string => names.get(rule) ?? 'root';
  return [...rules].map(([rule, alternatives]) => `${nameOf(rule)} ::= ${bodyOf(alternatives, nameOf)}\n`).join('');
}

function bodyOf(alternatives: Alternatives, nameOf: (rule: number) => string): string {
  return alternatives.map((sequence) => sequenceText(sequence, nameOf)).join(' | ');
}

function sequenceText(sequence: Sequence, nameOf: (rule: number) => string): string {
  const parts: string[] = [];
  let literal = '';
  const endLiteral = (): void => {
    if (literal !== '') parts.push(`"${literal}"`);
    literal = '';
  };
  for (const item of sequence) {
    const single = item.type === 'chars' && item.chars.length === 2 && item.chars[0] === item.chars[1];
    if (single) {
      literal += escaped(item.chars[0] ?? 0);
      continue;
    }
    endLiteral();
    parts.push(item.type === 'rule' ? nameOf(item.rule) : `[${[...rangesOf(item.chars)].map(rangeText).join('')}]`);
  }
  endLiteral();
  return parts.length === 0 ? '""' : parts.join(' ');
}

function rangeText([first, last]: readonly [number, number]): string {
  return first === last ? escaped(first) : `${escaped(first)}-${escaped(last)}`;
}

/** Letters, digits and harmless punctuation as they are, everything else by number. */
function escaped(codePoint: number): string {
  const char = String.fromCodePoint(codePoint);
  if (/^[\w !#$%&'()*+,./:;<=>?@`{|}~]$/.test(char)) return char;
  const hex = codePoint.toString(16).toUpperCase();
  if (codePoint < 0x100) return String.raw`\x${hex.padStart(2, '0')}`;
  return codePoint < 0x10000 ? String.raw`\u${hex.padStart(4, '0')}` : String.raw`\U${hex.padStart(8, '0')}`;
}
