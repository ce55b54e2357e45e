import { codeIn } from '../../../base/jinja.js';

const quoted = /'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"/gsu;

/** What can be derived from the source of a chat template, without rendering it. */
export class TemplateCode {
  /** The code of its tags: comments and the text between tags do not count. */
  readonly #code: string;
  /** The same without quoted texts. */
  readonly #unquoted: string;

  constructor(source: string) {
    this.#code = codeIn(source);
    this.#unquoted = this.#code.replace(quoted, "''");
  }

  /**
   * Whether it uses a variable. Members with that name (`message.thinking`), named arguments and variables that are
   * only assigned do not count.
   */
  reads(variable: string): boolean {
    return new RegExp(String.raw`(?<![\w.])${variable}\b(?!\s*=(?!=))`, 'u').test(this.#unquoted);
  }

  /** The words with which it compares a variable, and whether it refuses all others. */
  wordsOf(variable: string): { readonly words: readonly string[]; readonly isClosed: boolean } {
    const text = String.raw`'[^']*'|"[^"]*"`;
    const comparison = new RegExp(
      String.raw`(?<![\w.])${variable}(?:\s*\|\s*\w+)*\s*(==|in|not\s+in)\s*(${text}|[[(](?:${text}|[\s,])*[\])])`,
      'gu',
    );
    const comparisons = [...this.#code.matchAll(comparison)];
    return {
      words: comparisons.flatMap(([, , list = '']) =>
        [...list.matchAll(quoted)].map(([, single, double]) => single ?? double ?? ''),
      ),
      isClosed: comparisons.some(([, operator = '']) => operator.startsWith('not')),
    };
  }

  /** Whether it looks for a text, in messages for example. */
  looksFor(text: string): boolean {
    return [`'${text}' in `, `"${text}" in `].some((code) => this.#code.includes(code));
  }
}
