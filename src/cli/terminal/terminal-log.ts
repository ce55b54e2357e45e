import { styleText } from 'node:util';
import stringWidth from 'string-width';
import { isRecord } from '../../core/base/json.js';
import { shortId } from '../../core/base/short-id.js';
import { formatDuration } from '../../core/base/units.js';

/** How the lines are shown. */
export interface TerminalFormat {
  readonly colours: boolean;
  /** Width of the terminal in characters. */
  readonly columns: number;
}

type Fields = Readonly<Record<string, unknown>>;
type Style = Parameters<typeof styleText>[0];
type Paint = (style: Style, text: string) => string;

/** Fields with their own format; the others are shown as `key=value`. */
const shownElsewhere: ReadonlySet<string> = new Set(['level', 'time', 'msg', 'err']);

const levelStyles: Readonly<Record<string, Style>> = { debug: 'dim', warn: 'yellow', error: 'red' };

/** An outcome as it is shown. Whether a client left while it waited or later can be seen from the times. */
const outcomes: Readonly<Record<string, readonly [word: string, style: Style]>> = {
  completed: ['completed', 'green'],
  cancelled_waiting: ['cancelled', 'yellow'],
  cancelled_running: ['cancelled', 'yellow'],
  refused: ['refused', 'yellow'],
  timed_out: ['timed out', 'yellow'],
  failed: ['failed', 'red'],
};

/**
 * One line of the log for people, from the JSON that pino writes.
 *
 * ```text
 * 14:02:11 53b6f9 completed  queue 0 ms    prefill 33 ms   3 tokens at 18.9/s      a request
 * 14:02:09 engine ready  pid=4711 model=small                                      anything else
 * 14:02:30 warn engine died and is being restarted  attempt=1 reason="exit code 1"
 * ```
 *
 * The line of a request fits into 80 columns, unless it carries an error or was paused. Other lines leave out the fields that do not fit
 * into the terminal, except warnings and errors, which are always shown in full.
 */
export function terminalLine(json: string, { colours, columns }: TerminalFormat): string {
  const fields = parsed(json);
  if (fields === null) return json;
  const paint: Paint = (style, text) => (colours ? styleText(style, text, { validateStream: false }) : text);
  const { time, outcome, err } = fields;
  const clock = typeof time === 'number' ? new Date(time).toTimeString().slice(0, 8) : '';
  const known = typeof outcome === 'string' ? outcomes[outcome] : undefined;
  const text =
    known === undefined ? ordinaryText(fields, columns - clock.length - 1, paint) : requestText(fields, known, paint);
  const stack = isRecord(err) && typeof err['stack'] === 'string' ? indented(err['stack']) : '';
  return `${paint('dim', clock)} ${text}\n${stack}`;
}

function parsed(json: string): Fields | null {
  try {
    const value: unknown = JSON.parse(json);
    return isRecord(value) ? value : null;
  } catch {
    // Shown as it is.
    return null;
  }
}

function requestText(fields: Fields, [word, style]: readonly [string, Style], paint: Paint): string {
  const { id, outcome, code, error } = fields;
  const start = `${shortId(String(id))} ${paint(style, word.padEnd(9))}`;
  if (typeof code === 'string') return `${start}  ${code}: ${printable(String(error))}`;
  const queue = `queue ${formatDuration(numberIn(fields, 'queue_ms'))}`;
  if (outcome === 'cancelled_waiting') return `${start}  ${queue}`;
  const prefill = `prefill ${formatDuration(numberIn(fields, 'prefill_ms'))}`;
  const paused = numberIn(fields, 'paused_ms');
  const pause = paused === 0 ? '' : `, paused ${formatDuration(paused)}`;
  return `${start}  ${queue.padEnd(12)}  ${prefill.padEnd(14)}  ${outputText(fields)}${pause}`;
}

/** The first token belongs to the prefill, so the speed is that of the others. */
function outputText(fields: Fields): string {
  const tokens = numberIn(fields, 'output_tokens');
  const perSecond = ((tokens - 1) / numberIn(fields, 'decode_ms')) * 1000;
  const count = `${tokens} ${tokens === 1 ? 'token' : 'tokens'}`;
  if (tokens < 2 || !Number.isFinite(perSecond)) return count;
  return `${count} at ${perSecond < 100 ? perSecond.toFixed(1) : perSecond.toFixed(0)}/s`;
}

function ordinaryText(fields: Fields, columns: number, paint: Paint): string {
  const { level, msg } = fields;
  const name = typeof level === 'string' && level !== 'info' ? level : '';
  const isUrgent = name === 'warn' || name === 'error';
  const message = printable(String(msg));
  // Two columns are reserved for the mark that there are more fields.
  let left = columns - stringWidth(message) - (name === '' ? 0 : name.length + 1) - 3;
  const shown: string[] = [];
  let isComplete = true;
  for (const [key, value] of Object.entries(fields)) {
    if (shownElsewhere.has(key)) continue;
    const field = `${key}=${valueText(value)}`;
    const width = stringWidth(field);
    if (isUrgent || width < left) {
      shown.push(field);
      left -= width + 1;
    } else {
      isComplete = false;
    }
  }
  if (!isComplete) shown.push('…');
  const prefix = name === '' ? '' : `${paint(levelStyles[name] ?? 'dim', name)} `;
  return `${prefix}${message}${shown.length === 0 ? '' : `  ${paint('dim', shown.join(' '))}`}`;
}

function valueText(value: unknown): string {
  if (typeof value === 'string' && /^[\w./:@+-]+$/.test(value)) return shortId(value);
  return printable(JSON.stringify(value));
}

/**
 * Without control and format characters: text from a client must neither break the line, control the terminal, nor change
 * the order in which the rest is read. The joiners that emoji and some scripts are written with stay.
 */
function printable(text: string): string {
  return text.replace(/\s/g, ' ').replace(/(?![\u200C\u200D])[\p{Cc}\p{Cf}]/gu, (character) => `\\x${hex(character)}`);
}

function hex(character: string): string {
  return (character.codePointAt(0) ?? 0).toString(16).padStart(2, '0');
}

function indented(text: string): string {
  return text
    .split('\n')
    .map((line) => `  ${line.replace(/\p{Cc}/gu, ' ')}\n`)
    .join('');
}

function numberIn(fields: Fields, name: string): number {
  const value = fields[name];
  return typeof value === 'number' ? value : 0;
}
