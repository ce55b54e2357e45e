import { formatBytes } from '../../base/units.js';
import { unknown } from '../../measurement/numbers.js';
import type { BenchResult } from '../../measurement/result-schema.js';
import { fieldText } from '../../measurement/settings/field-text.js';
import { type Markup, markup } from '../text/markup.js';

/** The whole plan, the server's settings, and the machine. */
export function circumstances({ plan, target, machine, tool, started_at, finished_at }: BenchResult): Markup {
  const server = Object.entries(target.settings).map(([name, value]) => [name, String(value)] as const);
  const load = Object.entries(plan).map(([name, value]) => [name, valueText(name, value)] as const);
  const rest: readonly (readonly [string, string])[] = [
    ['machine', `${machine.cpu}, ${machine.cores} cores, ${formatBytes(machine.memory_bytes)}, ${machine.os}`],
    ['gpus', valueText('gpus', machine.gpus)],
    ['measured', `${started_at} to ${finished_at}`],
    ['tool', `chatstream ${tool.version}, Node.js ${tool.node}`],
  ];
  return markup`<h2>Plan</h2>${pairs(load)}${server.length === 0 ? '' : markup`<h2>Server</h2>${pairs(server)}`}<h2>Machine</h2>${pairs(rest)}`;
}

function pairs(entries: readonly (readonly [string, string])[]): Markup {
  const rows = entries.map(([name, value]) => markup`<tr><th scope="row">${name}</th><td>${value}</td></tr>`);
  return markup`<table class="words pairs"><tbody>${rows}</tbody></table>`;
}

function valueText(name: string, value: unknown): string {
  if (value === null || value === undefined || (Array.isArray(value) && value.length === 0)) return unknown;
  return fieldText(name, value);
}
