import { lexer, type MarkedToken, type Token, type Tokens } from 'marked';
import stringWidth from 'string-width';
import wrapAnsi from 'wrap-ansi';
import { padEnd, padStart, type Paint, painter, type ReportStyle } from '../text/style.js';
import { inlineText, isKnown } from './inline.js';

/** Lines of code are distinguished from text by their indentation, even without colours. */
const codeIndent = '    ';

/** A narrower block of text cannot be read, however deeply it is nested. */
const narrowest = 20;

/** Quotes and lists in each other, in one line. A model that writes only `>` any more would overflow the stack of the parser. */
const nestedDeeply = /^(?:[ \t]*(?:>|(?:[-+*]|\d{1,9}[.)])(?=[ \t]))){100}/m;

/**
 * Markdown as models write it (GitHub's), for a terminal. A text whose quotes and lists are nested too deeply stays as it is.
 *
 * @param text without control characters, see `readable`; it may end anywhere, as it does while it is being written
 * @returns lines of at most the width of the style, from {@link narrowest} columns on; none of them has a line end
 */
export function renderMarkdown(text: string, style: ReportStyle): readonly string[] {
  if (nestedDeeply.test(text)) return text.split('\n').flatMap((line) => wrapped(line, style.width));
  return blocks(lexer(text), { paint: painter(style), width: style.width });
}

interface Room {
  readonly paint: Paint;
  /** Columns. */
  readonly width: number;
}

/** Blocks with an empty line between them. */
function blocks(tokens: readonly Token[], room: Room, between: readonly string[] = ['']): readonly string[] {
  return tokens
    .filter(isKnown)
    .map((token) => block(token, room))
    .filter((lines) => lines.length > 0)
    .flatMap((lines, index) => (index === 0 ? lines : [...between, ...lines]));
}

function block(token: MarkedToken, room: Room): readonly string[] {
  const { paint, width } = room;
  switch (token.type) {
    case 'heading':
      return wrapped(paint(token.depth === 1 ? ['bold', 'underline'] : 'bold', inlineText(token.tokens, paint)), width);
    case 'code':
      return code(token, room);
    case 'blockquote':
      return indented(blocks(token.tokens, narrowed(room, 2)), paint('dim', '│ '));
    case 'list':
      return list(token, room);
    case 'hr':
      return [paint('dim', '─'.repeat(Math.min(width, 40)))];
    case 'table':
      return table(token, room);
    case 'space':
    case 'def':
      return [];
    case 'html':
      return wrapped(token.text, width);
    case 'paragraph':
    case 'text':
      return wrapped(inlineText(token.tokens ?? [token], paint), width);
    case 'br':
    case 'checkbox':
    case 'codespan':
    case 'del':
    case 'em':
    case 'escape':
    case 'image':
    case 'link':
    case 'list_item':
    case 'strong':
      return wrapped(inlineText([token], paint), width);
  }
}

function wrapped(text: string, width: number): readonly string[] {
  const trimmed = text.trim();
  return trimmed === '' ? [] : wrapAnsi(trimmed, width, { hard: true }).split('\n');
}

function code({ text, lang = '' }: Tokens.Code, { paint, width }: Room): readonly string[] {
  const asWritten = { hard: true, wordWrap: false, trim: false };
  const lines = wrapAnsi(text, Math.max(narrowest, width - codeIndent.length), asWritten).split('\n');
  const shown = lines.map((line) => codeIndent + paint('cyan', line));
  return lang === '' ? shown : [codeIndent + paint('dim', lang), ...shown];
}

function list({ items, ordered, start, loose }: Tokens.List, room: Room): readonly string[] {
  const first = start === '' ? 1 : start;
  const markers = items.map(({ tokens }, index) => {
    const [box] = tokens.filter(isKnown).filter(({ type }) => type === 'checkbox');
    return `${ordered ? `${first + index}.` : '•'} ${box === undefined ? '' : inlineText([box], room.paint)}`;
  });
  // Numbers end at the same column.
  const widest = ordered ? Math.max(...markers.map((marker) => marker.length)) : 0;
  return items.flatMap(({ tokens }, index) => {
    const texts = tokens.filter(({ type }) => type !== 'checkbox');
    const marker = padStart(markers[index] ?? '', widest);
    const lines = blocks(texts, narrowed(room, marker.length), loose ? [''] : []);
    const item = lines.length === 0 ? [marker] : indented(lines, ' '.repeat(marker.length), marker);
    return loose && index > 0 ? ['', ...item] : item;
  });
}

function indented(lines: readonly string[], indent: string, firstIndent = indent): readonly string[] {
  return lines.map((line, index) => (index === 0 ? firstIndent : indent) + line);
}

function narrowed({ paint, width }: Room, by: number): Room {
  return { paint, width: Math.max(narrowest, width - by) };
}

/** Cells stay on one line; a table that is too wide for that becomes a list of its rows. */
function table({ header, rows, align }: Tokens.Table, room: Room): readonly string[] {
  const { paint, width } = room;
  const textOf = ({ tokens }: Tokens.TableCell): string => inlineText(tokens, paint).replaceAll('\n', ' ');
  const heads = header.map(textOf);
  const cells = rows.map((row) => row.map(textOf));
  const widths = heads.map((head, column) =>
    Math.max(stringWidth(head), ...cells.map((row) => stringWidth(row[column] ?? ''))),
  );
  const gap = '   ';
  if (widths.reduce((total, each) => total + each, 0) + gap.length * (widths.length - 1) > width) {
    return cells.flatMap((row, index) => [
      ...(index === 0 ? [] : ['']),
      ...row.flatMap((cell, column) => wrapped(`${paint('bold', heads[column] ?? '')}: ${cell}`, width)),
    ]);
  }
  const line = (row: readonly string[]): string =>
    widths
      .map((each, column) => (align[column] === 'right' ? padStart : padEnd)(row[column] ?? '', each))
      .join(gap)
      .trimEnd();
  return [
    paint('bold', line(heads)),
    paint('dim', widths.map((each) => '─'.repeat(each)).join(gap)),
    ...cells.map(line),
  ];
}
