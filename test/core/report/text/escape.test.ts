import { describe, expect, it } from 'vitest';
import { escapedHtml, escapedMarkdown, escapedXml, oneLine } from '../../../../src/core/report/text/escape.js';

describe('text from elsewhere', () => {
  it('cannot repaint a terminal, or pretend to be a line of the report', () => {
    expect(oneLine('bad\u001b[2J\u0007\nmodel\u202e\r\n name ')).toBe('bad [2J model name');
  });

  it('keeps the joiners of emoji', () => {
    expect(oneLine('model 👩\u200D💻')).toBe('model 👩\u200D💻');
  });

  it.each([
    ['a heading', '# big', '\\# big'],
    ['a list', '- item', '\\- item'],
    ['a numbered list', '12. item', '12\\. item'],
    ['a rule', '=== ', '\\==='],
    ['a link', '[text](http://evil)', '\\[text\\](http://evil)'],
    ['an image', '![x](y)', '\\!\\[x\\](y)'],
    ['HTML', '<img src=x>', '&lt;img src=x\\>'],
    ['an entity', '&#64;team', '&amp;\\#\u200B64;team'],
    ['code', '`x`', '\\`x\\`'],
    ['a formula', '$x$', '\\$x\\$'],
    ['a cell of a table', 'a | b', 'a \\| b'],
    ['emphasis', '*a* _b_ ~c~', '\\*a\\* \\_b\\_ \\~c\\~'],
    ['another line', 'a\n\nb\r\n# c', 'a b \\# c'],
    ['a mention of a user', 'ask @team', 'ask @\u200Bteam'],
    ['a mention of an issue', 'fixes #12 and GH-3', 'fixes \\#\u200B12 and GH-\u200B3'],
    ['an end of its escape', '\\', '\\\\'],
  ])('is not %s in Markdown', (_, text, escaped) => {
    expect(escapedMarkdown(text)).toBe(escaped);
  });

  it('is not markup in HTML and XML, in text and in attributes', () => {
    expect(escapedHtml(`<a b="c" d='e'>&`)).toBe('&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt;&amp;');
    expect(escapedXml(`<&"'\u0000\uD800\n`)).toBe('&lt;&amp;&quot;&#39;&#10;');
  });
});
