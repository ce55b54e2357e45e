import { formatBytes } from '../../base/units.js';
import type { BenchResult } from '../../measurement/result-schema.js';
import type { SettingSummary } from '../../measurement/summarise.js';
import { columnsOf } from '../bench/columns.js';
import { failuresOf } from '../bench/failures.js';
import { isMarked } from '../bench/figures-table.js';
import { unknown, whole } from '../../measurement/numbers.js';
import { neighboursOf } from '../bench/table-layout.js';
import { Markup, markup } from './markup.js';

/** The main table with all its columns. */
export function figuresTable(result: BenchResult, summaries: readonly SettingSummary[]): Markup {
  const groups = neighboursOf(columnsOf(result, summaries));
  const columns = groups.flat();
  const rows = summaries.map((summary, index) => {
    const cells = columns.map(({ cells }) => markup`<td>${cells[index] ?? ''}</td>`);
    return markup`<tr class="${isMarked(result, summaries, summary) ? 'marked' : ''}">${cells}</tr>`;
  });
  return markup`<div class="scroll"><table>
<thead><tr>${groups.map((group) => markup`<th colspan="${group.length}" scope="colgroup">${group[0]?.group ?? ''}</th>`)}</tr>
<tr>${columns.map(({ heading }) => markup`<th scope="col">${heading}</th>`)}</tr></thead>
<tbody>${rows}</tbody></table></div>`;
}

export function failureTable(summaries: readonly SettingSummary[]): Markup {
  const failures = failuresOf(summaries);
  if (failures.length === 0) return new Markup('');
  const rows = failures.map(
    ({ code, count, where, example }) =>
      markup`<tr><td>${code}</td><td>${whole(count)}</td><td>${where}</td><td>${example}</td></tr>`,
  );
  return markup`<h2>Without an answer</h2>
<table class="words"><thead><tr><th>code</th><th>requests</th><th>where</th><th>example</th></tr></thead><tbody>${rows}</tbody></table>`;
}

/** Everything that shaped the load, and where it ran. */
export function circumstances({ plan, target, machine, tool, started_at, finished_at }: BenchResult): Markup {
  const server = Object.entries(target.settings).map(([name, value]) => [name, String(value)] as const);
  const load = Object.entries(plan).map(([name, value]) => [name, valueText(value)] as const);
  const rest: readonly (readonly [string, string])[] = [
    ['machine', `${machine.cpu}, ${machine.cores} cores, ${formatBytes(machine.memory_bytes)}, ${machine.os}`],
    ['gpus', valueText(machine.gpus)],
    ['measured', `${started_at} to ${finished_at}`],
    ['tool', `chatstream ${tool.version}, Node.js ${tool.node}`],
  ];
  return markup`<h2>Plan</h2>${pairs(load)}${server.length === 0 ? '' : markup`<h2>Server</h2>${pairs(server)}`}<h2>Machine</h2>${pairs(rest)}`;
}

function pairs(entries: readonly (readonly [string, string])[]): Markup {
  const rows = entries.map(([name, value]) => markup`<tr><th scope="row">${name}</th><td>${value}</td></tr>`);
  return markup`<table class="words"><tbody>${rows}</tbody></table>`;
}

function valueText(value: unknown): string {
  if (value === null || value === undefined || (Array.isArray(value) && value.length === 0)) return unknown;
  if (Array.isArray(value)) return value.map(String).join(', ');
  return typeof value === 'string' ? value : JSON.stringify(value);
}
