import type { JSX } from 'preact';
import { useMemo, useRef } from 'preact/hooks';
import { type Block, type Cell, nothingRead, readOn } from './blocks.js';
import { CodeBlock } from './code-block.js';
import type { Inline } from './inlines.js';

import './markdown.css';

/** A text in Markdown, which may grow. Elements are made from what was read, so that no HTML is ever parsed. */
export function Markdown({ text }: { readonly text: string }): JSX.Element {
  const reading = useRef(nothingRead);
  reading.current = readOn(reading.current, text);
  const { settled, rest } = reading.current;
  return (
    <div class="chat-markdown">
      {[...settled, ...rest].map((block, index) => (
        <SettledBlock key={index} block={block} />
      ))}
    </div>
  );
}

/** The same block gives the same element, at which Preact stops comparing. */
function SettledBlock({ block }: { readonly block: Block }): JSX.Element {
  return useMemo(() => <BlockView block={block} />, [block]);
}

function BlockView({ block }: { readonly block: Block }): JSX.Element {
  switch (block.type) {
    case 'paragraph':
      return (
        <p>
          <Inlines inlines={block.inlines} />
        </p>
      );
    case 'plain':
      return <Inlines inlines={block.inlines} />;
    case 'heading':
      // The page has headings of its own above those of an answer.
      return (
        <div role="heading" aria-level={Math.min(block.depth + 3, 6)} class={`chat-markdown-h${block.depth}`}>
          <Inlines inlines={block.inlines} />
        </div>
      );
    case 'code':
      return <CodeBlock language={block.language} text={block.text} />;
    case 'quote':
      return (
        <blockquote>
          <Blocks blocks={block.blocks} />
        </blockquote>
      );
    case 'list':
      return <List {...block} />;
    case 'table':
      return <Table {...block} />;
    case 'rule':
      return <hr />;
  }
}

function Blocks({ blocks }: { readonly blocks: readonly Block[] }): JSX.Element {
  return (
    <>
      {blocks.map((block, index) => (
        <BlockView key={index} block={block} />
      ))}
    </>
  );
}

function List({ start, items }: Extract<Block, { type: 'list' }>): JSX.Element {
  const children = items.map(({ checked, blocks }, index) => (
    <li key={index} class={checked === null ? undefined : 'chat-markdown-task'}>
      {checked !== null && <input type="checkbox" checked={checked} disabled aria-label={checked ? '✓' : '–'} />}
      <Blocks blocks={blocks} />
    </li>
  ));
  return start === null ? <ul>{children}</ul> : <ol start={start}>{children}</ol>;
}

function Table({ header, rows }: Extract<Block, { type: 'table' }>): JSX.Element {
  return (
    <div class="chat-markdown-table" tabIndex={0}>
      <table>
        <thead>
          <tr>
            {header.map((cell, index) => (
              <th key={index} scope="col" class={alignment(cell)}>
                <Inlines inlines={cell.inlines} />
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr key={index}>
              {row.map((cell, column) => (
                <td key={column} class={alignment(cell)}>
                  <Inlines inlines={cell.inlines} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function alignment({ align }: Cell): string | undefined {
  return align === null ? undefined : `chat-markdown-${align}`;
}

function Inlines({ inlines }: { readonly inlines: readonly Inline[] }): JSX.Element {
  return (
    <>
      {inlines.map((inline, index) => (
        <InlineView key={index} inline={inline} />
      ))}
    </>
  );
}

function InlineView({ inline }: { readonly inline: Inline }): JSX.Element {
  switch (inline.type) {
    case 'text':
      return <>{inline.text}</>;
    case 'code':
      return <code>{inline.text}</code>;
    case 'break':
      return <br />;
    case 'link':
      return (
        <a href={inline.href} target="_blank" rel="noopener noreferrer">
          <Inlines inlines={inline.inlines} />
        </a>
      );
    case 'strong':
      return (
        <strong>
          <Inlines inlines={inline.inlines} />
        </strong>
      );
    case 'em':
      return (
        <em>
          <Inlines inlines={inline.inlines} />
        </em>
      );
    case 'del':
      return (
        <del>
          <Inlines inlines={inline.inlines} />
        </del>
      );
  }
}
