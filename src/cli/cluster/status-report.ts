import type { ClusterStatus, Heard } from '../../core/cluster/status.js';
import { oneLine } from '../../core/report/text/escape.js';
import { borderlessTable, type TableColumn } from '../../core/report/text/table.js';
import { styled } from '../terminal/terminal.js';

/** Fronts, nodes and lines as three tables. */
export function statusReport(
  { roundTripMs, fronts, nodes, lines, foreigners }: ClusterStatus,
  address: string,
): string {
  const parts = [`NATS at ${address} answers within ${roundTripMs.toFixed(1)} ms.`];
  if (fronts.length + nodes.length + lines.length === 0) parts.push('There are no members.');
  else {
    parts.push(
      table(
        ['fronts', 'running', 'waiting', 'lag'],
        fronts.map(({ value: { name, running, waiting }, silentMs }) => [name, running, waiting, lagText(silentMs)]),
      ),
      table(
        ['nodes', 'running', 'slots', 'status', 'lag', 'model'],
        nodes.map(({ value: { name, model, slots, running, status }, silentMs }) => [
          ...[name, running, slots, status, lagText(silentMs), model],
        ]),
      ),
      table(
        ['lines', 'running', 'waiting', 'places', 'holder', 'lease', 'lag'],
        lines.map(({ value: { model, running, waiting, places, holder, lease }, silentMs }) => [
          ...[model, running, waiting, places, holder ?? 'none', lease, holder === null ? '–' : lagText(silentMs)],
        ]),
      ),
    );
  }
  for (const { key, version } of foreigners)
    parts.push(`${oneLine(`${key} speaks version ${version}`)} of the messages: not a member.`);
  return parts.join('\n\n');
}

function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const columns = head.map((title, index): TableColumn => {
    const isNumber = rows.length > 0 && rows.every((row) => typeof row[index] === 'number');
    return {
      align: isNumber || ['running', 'waiting', 'slots', 'places', 'lease'].includes(title) ? 'right' : 'left',
      gap: 2,
    };
  });
  const body =
    rows.length === 0
      ? [['none', ...head.slice(1).map(() => '')]]
      : rows.map((row) => row.map((cell) => oneLine(String(cell))));
  return borderlessTable([head.map((title) => styled(process.stdout, 'bold', title)), ...body], columns).lines.join(
    '\n',
  );
}

/** Members announce themselves every second. */
function lagText(silentMs: number | null): string {
  return silentMs === null ? 'silent' : `${(silentMs / 1000).toFixed(1)} s`;
}

/** The same for scripts. */
export function statusJson({ roundTripMs, fronts, nodes, lines, foreigners }: ClusterStatus): object {
  return {
    nats_round_trip_ms: rounded(roundTripMs),
    fronts: fronts.map((front) => ({ ...memberJson(front), waiting: front.value.waiting })),
    nodes: nodes.map((node) => {
      const { model, engine, slots, status } = node.value;
      return { ...memberJson(node), model, engine, slots, status };
    }),
    lines: lines.map(({ value, silentMs }) => ({ ...value, lag_ms: rounded(silentMs) })),
    foreign: foreigners,
  };
}

function memberJson({ value: { id, name, running }, silentMs }: Heard<MemberFigures>): object {
  return { id, name, running, lag_ms: rounded(silentMs) };
}

interface MemberFigures {
  readonly id: string;
  readonly name: string;
  readonly running: number;
}

function rounded(ms: number | null): number | null {
  return ms === null ? null : Math.round(ms * 10) / 10;
}
