import stringWidth from 'string-width';
import { fill } from './style.js';

/**
 * A shell command, indented, on as many lines as it takes. It is broken between words, and a backslash lets a shell read
 * the lines as one command. A word that is longer than a line is not broken.
 *
 * @param command in which words with spaces are in single quotes
 * @param width the longest that a line may be, in columns of the terminal
 */
export function shellLines(command: string, width: number): readonly string[] {
  const whole = `  ${command}`;
  if (stringWidth(whole) <= width) return [whole];
  // 4 for the indent, 2 for the backslash.
  const lines = fill(withValues(wordsOf(command), width - 6), ' ', width - 6);
  return lines.map((line, index) => `${index === 0 ? '  ' : '    '}${line}${index === lines.length - 1 ? '' : ' \\'}`);
}

/** Words end at spaces outside of quotes; outside of them, a backslash takes the next character as it is. */
function wordsOf(command: string): readonly string[] {
  return command.match(/(?:'[^']*'|\\.|[^\s'\\]|['\\])+/g) ?? [command];
}

/** Flags and the values that follow them as one piece each, where both fit into a line. */
function withValues(words: readonly string[], width: number): readonly string[] {
  const pieces: string[] = [];
  let flag: string | null = null;
  for (const word of words) {
    const pair: string = flag === null ? '' : `${flag} ${word}`;
    if (flag !== null && !word.startsWith('-') && stringWidth(pair) <= width) pieces[pieces.length - 1] = pair;
    else pieces.push(word);
    flag = word.startsWith('--') ? word : null;
  }
  return pieces;
}
