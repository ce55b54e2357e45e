/** What is between the brackets of a Jinja template. */
interface Tag {
  /** `{` for `{{ … }}`, `%` for `{% … %}`. */
  readonly kind: string;
  readonly code: string;
}

const tags = /\{#.*?#\}|\{([{%])([-+]?)((?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[^'"])*?)([-+]?[}%]\})/gsu;

/** Returns a template in which the code of its tags is changed. */
export function mapTags(source: string, change: (tag: Tag) => string): string {
  return source.replace(tags, (text, kind?: string, control?: string, code?: string, end?: string) =>
    kind === undefined ? text : `{${kind}${control ?? ''}${change({ kind, code: code ?? '' })}${end ?? ''}`,
  );
}

/** What is written between the brackets of tags. */
export function codeIn(source: string): string {
  return [...source.matchAll(tags)].map(([, , , code = '']) => code).join('\n');
}

/** A tag and its position. */
export interface PlacedTag extends Tag {
  readonly start: number;
  readonly end: number;
  /** `-` or `+` behind the opening bracket and before the closing one, or nothing. */
  readonly control: { readonly before: string; readonly after: string };
}

/** The tags of a template in their order, without comments. */
export function tagsIn(source: string): readonly PlacedTag[] {
  return [...source.matchAll(tags)].flatMap(
    ({ index, 0: text, 1: kind, 2: before = '', 3: code = '', 4: close = '' }) =>
      kind === undefined
        ? []
        : [{ kind, code, start: index, end: index + text.length, control: { before, after: close.slice(0, -2) } }],
  );
}
