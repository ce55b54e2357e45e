import { Markup, markup } from '../text/markup.js';
import { jsonMarkup } from './plot/figure.js';
import { pageScript, pageScriptHash } from './script.js';
import { stylesheet } from './stylesheet.js';

interface Page {
  readonly title: string;
  readonly body: Markup;
  /** What comes below the data; left out for nothing. */
  readonly below?: Markup;
  /** What the page offers to save, by the name of the file: text, or data for JSON. */
  readonly files: Readonly<Record<string, unknown>>;
}

/** A self-contained page: its own script and nothing else runs, and nothing is loaded from elsewhere. */
export function pageText({ title, body, below = new Markup(''), files }: Page): string {
  const buttons = Object.keys(files).map(
    (name) => markup`<button type="button" data-file="${name}" hidden>${name}</button>`,
  );
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${new Markup(pageScriptHash)}'">
<title>${title}</title>
<style>${new Markup(stylesheet)}</style>
</head>
<body>
${body}
<h2>Data</h2>
<p>${buttons}</p>
${below}
${jsonMarkup(files, 'data')}
<script>${new Markup(pageScript)}</script>
</body>
</html>
`.text;
}
