import { describe, expect, it } from 'vitest';
import { type Block, nothingRead, type Reading, readOn } from '../../../../console/src/chat/markdown/blocks.js';

function blocksIn({ settled, rest }: Reading): readonly Block[] {
  return [...settled, ...rest];
}

function read(text: string): readonly Block[] {
  return blocksIn(readOn(nothingRead, text));
}

const whole = `# Title

Some *words* with \`code & more\`,
and a [link](https://example.org/a?b=1&c=2).

1. one
2. two
   - deep

- [x] done
- [ ] open

| a | b |
| - | -: |
| 1 | 2 |

\`\`\`ts
const x = 1 < 2;
\`\`\`

> quoted

***

The end.`;

describe('Markdown', () => {
  it('is read as blocks', () => {
    const text = (words: string): object => ({ type: 'text', text: words });
    const plain = (words: string): object => ({ type: 'plain', inlines: [text(words)] });
    const item = (words: string, ...more: readonly object[]): object => ({
      checked: null,
      blocks: [plain(words), ...more],
    });
    expect(read(whole)).toEqual([
      { type: 'heading', depth: 1, inlines: [text('Title')] },
      {
        type: 'paragraph',
        inlines: [
          text('Some '),
          { type: 'em', inlines: [text('words')] },
          text(' with '),
          { type: 'code', text: 'code & more' },
          text(','),
          { type: 'break' },
          text('and a '),
          { type: 'link', href: 'https://example.org/a?b=1&c=2', inlines: [text('link')] },
          text('.'),
        ],
      },
      {
        type: 'list',
        start: 1,
        items: [item('one'), item('two', { type: 'list', start: null, items: [item('deep')] })],
      },
      {
        type: 'list',
        start: null,
        items: [
          { checked: true, blocks: [plain('done')] },
          { checked: false, blocks: [plain('open')] },
        ],
      },
      {
        type: 'table',
        header: [
          { align: null, inlines: [text('a')] },
          { align: 'right', inlines: [text('b')] },
        ],
        rows: [
          [
            { align: null, inlines: [text('1')] },
            { align: 'right', inlines: [text('2')] },
          ],
        ],
      },
      { type: 'code', language: 'ts', text: 'const x = 1 < 2;' },
      { type: 'quote', blocks: [{ type: 'paragraph', inlines: [text('quoted')] }] },
      { type: 'rule' },
      { type: 'paragraph', inlines: [text('The end.')] },
    ]);
  });

  it('is the same when it comes in pieces', () => {
    let reading = nothingRead;
    for (let end = 1; end <= whole.length; end += 1) reading = readOn(reading, whole.slice(0, end));
    expect(blocksIn(reading)).toEqual(read(whole));
  });

  it('is read again only from the last block on', () => {
    const before = readOn(nothingRead, 'one\n\ntwo\n\nthr');
    const after = readOn(before, 'one\n\ntwo\n\nthree');
    expect(after.settled).toHaveLength(2);
    expect(after.settled).toBe(before.settled);
    expect(readOn(after, 'another').settled).toEqual([]);
  });

  it.each(['>', '> ', '- ', '1. ', ' * > '])('stays as it is if it is nested in %j too deeply', (marker) => {
    const text = marker.repeat(20_000);
    expect(read(`one\n\n${text}`)).toEqual([
      { type: 'paragraph', inlines: [{ type: 'text', text: `one\n\n${text}` }] },
    ]);
    expect(readOn(readOn(nothingRead, `one\n\n${marker.repeat(3)}`), `one\n\n${text}`).settled).toHaveLength(1);
    expect(read(marker.repeat(40))).not.toMatchObject([{ type: 'paragraph' }]);
  });

  it('shows HTML as the text that it is', () => {
    const html = '<img src=x onerror=alert(1)>';
    expect(read(html)).toEqual([{ type: 'paragraph', inlines: [{ type: 'text', text: html }] }]);
    expect(JSON.stringify(read(`a ${html} b`))).toContain(html);
  });

  it('links to the web and to mail only, and loads no images', () => {
    expect(JSON.stringify(read('[a](javascript:alert(1)) [b](data:text/html,x) [c](/v1/queue)'))).not.toContain('link');
    expect(read('![A cat](https://example.org/cat.png)')).toEqual([
      {
        type: 'paragraph',
        inlines: [{ type: 'link', href: 'https://example.org/cat.png', inlines: [{ type: 'text', text: 'A cat' }] }],
      },
    ]);
    expect(JSON.stringify(read('<me@example.org>'))).toContain('mailto:me@example.org');
  });

  it('knows the names of characters', () => {
    const text = 'a &lt; b &amp;&amp; c &#169; &#x1F600; \\*d\\* &constructor;';
    expect(
      JSON.stringify(read(text))
        .match(/"text":"[^"]*"/g)
        ?.join(''),
    ).toContain('a < b && c © 😀 ');
    expect(JSON.stringify(read(text))).toContain('&constructor;');
  });
});
