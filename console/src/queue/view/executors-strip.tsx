import type { JSX } from 'preact';
import type { WireStatus } from '../../api/wire.js';
import { count } from '../../ui/format.js';
import { queueWords } from '../words.js';

/** Those who generate that are to be told apart: all where there are several, but not the engines that the row of models shows. */
export function namedExecutors({ executors, models }: WireStatus, showsModels: boolean): WireStatus['executors'] {
  if (!showsModels) return executors.length < 2 ? [] : executors;
  return executors.filter(({ name }) => models.every((model) => model.name !== name));
}

/** Who generates: how many of its places each has taken, and how it is. */
export function ExecutorsStrip({ executors }: Pick<WireStatus, 'executors'>): JSX.Element | null {
  const words = queueWords();
  if (executors.length === 0) return null;
  return (
    <ul class="queue-executors" aria-label={words.executors}>
      {executors.map(({ name, kind, status, places, running }) => (
        <li key={name} title={kind} data-executor={name} data-status={status}>
          <strong class="queue-executor-name" title={name}>
            {name}
          </strong>
          <span class="figure">
            {count(running)} {words.of} {count(places)}
          </span>
          {status !== 'ready' && <span class="queue-executor-status">{statusText(status, words)}</span>}
          <span class="queue-meter" aria-hidden="true">
            <span class="queue-meter-fill" style={{ '--share': String(Math.min(1, running / places)) }} />
          </span>
        </li>
      ))}
    </ul>
  );
}

/** How something that generates is, in a word. */
export function statusText(status: string, words: ReturnType<typeof queueWords>): string {
  switch (status) {
    case 'trying':
    case 'cooling':
    case 'down':
      return words[status];
    case 'draining':
      return words.executorDraining;
    default:
      return status;
  }
}
