/** What a Jinja template has between brackets. */
interface Tag {
  /** `{` for `{{ … }}`, `%` for `{% … %}`. */
  readonly kind: string;
  readonly code: string;
}

const tags = /\{#.*?#\}|\{([{%])([-+]?)((?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[^'"])*?)([-+]?[}%]\})/gsu;

/** A template with the code of its tags changed. */
export function mapTags(source: string, change: (tag: Tag) => string): string {
  return source.replace(tags, (text, kind?: string, control?: string, code?: string, end?: string) =>
    kind === undefined ? text : `{${kind}${control ?? ''}${change({ kind, code: code ?? '' })}${end ?? ''}`,
  );
}

/** What is written between the brackets of tags. */
export function codeIn(source: string): string {
  return [...source.matchAll(tags)].map(([, , , code = '']) => code).join('\n');
}
