import { mapTags } from '../../../base/jinja.js';

/**
 * A template in which features that llama.cpp's Jinja lacks are written out.
 *
 * In Jinja2, `'text'|safe` is text that was escaped for HTML, and adding a string to it escapes the string. Some
 * templates of function-calling models say `'…'|safe + name + tool|tojson`, so their models were trained on `&#34;`.
 * llama.cpp ignores `safe`.
 */
export function withEscapesBesideSafe(source: string): string {
  return mapTags(source, (tag) => {
    const operands = operandsOf(tag.code);
    if (tag.kind !== '{' || operands?.some(({ text }) => safe.test(text)) !== true) return tag.code;
    return operands.map(({ text, operator }) => operator + (safe.test(text) ? ` ${text}` : htmlEscaped(text))).join('');
  });
}

/**
 * A template in which undefined values can be looked for in a list. Jinja2 does not find them; llama.cpp refuses to
 * look (`message.tool_call_id not in seen`).
 */
export function withUndefinedLookedUp(source: string): string {
  return mapTags(source, ({ code }) =>
    code.replace(lookup, (text, operand: string | undefined, operator: string | undefined) =>
      operand === undefined ? text : `${operand}|default(none) ${operator ?? ''}`,
    ),
  );
}

/** A text in quotes, or a member of something before `in` or `not in`. */
const lookup =
  /'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|([\p{L}_][\p{L}\p{N}_]*(?:\.[\p{L}_][\p{L}\p{N}_]*|\[[^[\]]*\])+)\s+((?:not\s+)?in\b)/gsu;

const safe = /\|\s*safe\s*$/u;

/** The characters that Jinja2 escapes, `&` first. */
const htmlEscapes = { '&': '&amp;', '<': '&lt;', '>': '&gt;', "'": '&#39;', '"': '&#34;' };

function htmlEscaped(operand: string): string {
  const replacements = Object.entries(htmlEscapes).map(
    ([character, escape]) => `|replace(${character === '"' ? `'"'` : `"${character}"`}, "${escape}")`,
  );
  return ` (${operand.trim()})|string${replacements.join('')} `;
}

interface Operand {
  /** The operator before it; empty for the first. */
  readonly operator: string;
  readonly text: string;
}

/** The operands of a sum; null for anything else, such as a conditional expression. */
function operandsOf(code: string): readonly Operand[] | null {
  const parts = code.matchAll(/'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[^'"]/gsu);
  const operands: { operator: string; text: string }[] = [{ operator: '', text: '' }];
  let depth = 0;
  for (const [part] of parts) {
    if ('([{'.includes(part)) depth += 1;
    if (')]}'.includes(part)) depth -= 1;
    const current = operands.at(-1);
    if (depth === 0 && (part === '+' || part === '~')) operands.push({ operator: part, text: '' });
    else if (current !== undefined) current.text += part;
  }
  return operands.some(({ text }) => /^[^'"]*\b(?:if|else|and|or|in|is)\b/u.test(text)) ? null : operands;
}
