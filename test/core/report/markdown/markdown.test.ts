import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { renderMarkdown } from '../../../../src/core/report/markdown/markdown.js';
import { readable } from '../../../../src/core/report/text/readable.js';

const answer = `# Fruit **first**

Some *text* with \`code\`, a [link](https://example.org/a), https://example.org and a line that goes on for longer than fits.
- one
- two
  - nested
  - [x] done

3. three
4. four

> A quote
> goes on

| Name | Count |
|---|---:|
| apples | 2 |
| figs & pears | 13 |

\`\`\`ts
const a = 1 < 2;
\`\`\`

***
Tail with **no end
`;

const plain = { colour: false, width: 50 };

describe('Markdown on a terminal', () => {
  it.each(['>', '> ', '- ', '1. ', ' * > '])('stays as it is if it is nested in %j too deeply', (marker) => {
    const lines = renderMarkdown(`*a*\n${marker.repeat(20_000)}`, plain);
    expect(lines[0]).toBe('*a*');
    expect(lines.slice(1).join('').replaceAll(' ', '')).toBe(marker.repeat(20_000).replaceAll(' ', ''));
    expect(renderMarkdown(`*a*\n\n${marker.repeat(40)}b`, plain)[0]).toBe('a');
  });

  it('is laid out in lines that fit', () => {
    const lines = renderMarkdown(answer, plain);
    expect(lines.join('\n')).toBe(
      `Fruit first

Some text with code, a link
(https://example.org/a), https://example.org and a
line that goes on for longer than fits.

• one
• two
  • nested
  • ☑ done

3. three
4. four

│ A quote
│ goes on

Name           Count
────────────   ─────
apples             2
figs & pears      13

    ts
    const a = 1 < 2;

────────────────────────────────────────

Tail with **no end`,
    );
    expect(Math.max(...lines.map((line) => stringWidth(line)))).toBeLessThanOrEqual(plain.width);
  });

  it('has formats where colours are wanted, and none of them is left open at the end of a line', () => {
    const lines = renderMarkdown('**bold that goes on over the end of its line**', { colour: true, width: 20 });
    expect(lines.length).toBeGreaterThan(1);
    for (const line of lines) expect(line).toMatch(/^\p{Cc}\[1m.*\p{Cc}\[22m$/u);
  });

  it('makes a list of the rows of a table that is too wide', () => {
    const wide = renderMarkdown(`|A|B|\n|-|-|\n|${'x'.repeat(15)}|${'y '.repeat(10)}|`, { colour: false, width: 24 });
    expect(wide).toEqual([`A: ${'x'.repeat(15)}`, 'B: y y y y y y y y y y']);
  });

  it.each(Array.from({ length: answer.length }, (_, end) => end).filter((end) => end % 7 === 0))(
    'fits when it is cut off after %i characters',
    (end) => {
      const widths = renderMarkdown(answer.slice(0, end), plain).map((line) => stringWidth(line));
      expect(Math.max(0, ...widths)).toBeLessThanOrEqual(plain.width);
    },
  );
});

it('leaves nothing that could repaint a terminal', () => {
  expect(readable('a\u001b[2Jb\u0007\tc\r\nd\u009b1m\u202ee 👩‍🔧')).toBe('a[2Jb    c\nd1me 👩‍🔧');
});
