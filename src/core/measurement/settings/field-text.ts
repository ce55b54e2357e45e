import { isRecord, member } from '../../base/json.js';
import { formatBytes, formatDuration } from '../../base/units.js';

/**
 * The value of a field of a plan, a machine or a server's settings for a reader: `5/s for 30 s, then 10/s for 1 min` for stages,
 * `blue (clients 2, weight 1), red (clients 1, weight 1)` for tenants, `1.2 s` for milliseconds, `3.4 MiB` for bytes. Additional
 * parameters of requests stay JSON, which is how they are given.
 *
 * @param name of the field, such as `stages`
 */
export function fieldText(name: string, value: unknown): string {
  if (value === null || value === undefined) return 'none';
  if (name === 'extra_body') return JSON.stringify(value);
  if (Array.isArray(value)) return listText(name, value);
  if (isRecord(value)) return recordText(value);
  if (typeof value === 'number' && name.endsWith('_ms')) return formatDuration(value);
  if (typeof value === 'number' && name.endsWith('_bytes')) return formatBytes(value);
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function listText(name: string, values: readonly unknown[]): string {
  if (values.length === 0) return 'none';
  return name === 'stages'
    ? values.map(stageText).join(', then ')
    : values.map((each) => fieldText('', each)).join(', ');
}

/** `5/s for 30 s`, or `0/s to 10/s in 30 s` if the rate changes. */
function stageText(stage: unknown): string {
  const [from, to, ms] = ['from_rate', 'to_rate', 'duration_ms'].map((field) => member(stage, field));
  const time = formatDuration(Number(ms));
  return from === to ? `${String(to)}/s for ${time}` : `${String(from)}/s to ${String(to)}/s in ${time}`;
}

function recordText({ name, ...fields }: Readonly<Record<string, unknown>>): string {
  const texts = Object.entries(fields).map(([field, value]) => `${field} ${fieldText(field, value)}`);
  if (typeof name !== 'string') return texts.length === 0 ? 'none' : texts.join(', ');
  return texts.length === 0 ? name : `${name} (${texts.join(', ')})`;
}
