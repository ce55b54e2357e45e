import type { ThoughtSyntax } from './dialect.js';

const known: readonly ThoughtSyntax[] = [
  { name: '<think>', begin: '<think>', end: '</think>' },
  { name: '[THINK]', begin: '[THINK]', end: '[/THINK]' },
  { name: '<seed:think>', begin: '<seed:think>', end: '</seed:think>' },
];

/** The marks of thoughts that a chat template mentions; null if there are none. */
export function thoughtsOf(templateSource: string): ThoughtSyntax | null {
  return known.find(({ begin, end }) => templateSource.includes(begin) || templateSource.includes(end)) ?? null;
}

export function endsInThought(prompt: string, { begin }: ThoughtSyntax): boolean {
  return prompt.trimEnd().endsWith(begin);
}

export function thinkingVariables(_templateSource: string, effort: string): Record<string, unknown> {
  return { enable_thinking: effort !== 'none' };
}
