import { whole } from '../../measurement/numbers.js';
import { type QueueView, waitingOf } from '../../watch/queue-view.js';
import { oneLine } from '../text/escape.js';
import { cut, padEnd, padStart, type Paint } from '../text/style.js';

type Models = NonNullable<QueueView['models']>;

/** If there are more models, those around the selected one are shown. */
const mostModels = 8;

const nameWidth = 20;

/**
 * A line for each model of a server with several, below a heading.
 *
 * @param selected the name of the one whose limit the keys change
 */
export function modelLines(models: Models, selected: string | null, width: number, paint: Paint): readonly string[] {
  const at = Math.max(
    0,
    models.findIndex(({ name }) => name === selected),
  );
  const first = Math.max(0, Math.min(at - Math.floor(mostModels / 2), models.length - mostModels));
  const shown = models.slice(first, first + mostModels);
  const left = models.length - shown.length;
  return [
    paint(
      'dim',
      cut(`  ${padEnd('model', nameWidth)}${padStart('running', 12)}${padStart('waiting', 14)}  state`, width),
    ),
    ...shown.map((model) => {
      const line = cut(`${model.name === selected ? '›' : ' '} ${rowOf(model)}`, width);
      return model.name === selected ? paint('bold', line) : line;
    }),
    ...(left > 0 ? [cut(`  … and ${whole(left)} more`, width)] : []),
  ];
}

function rowOf(model: Models[number]): string {
  const { name, state, running, max_concurrency: most, max_queue: room } = model;
  const runs = `${whole(running)} of ${whole(most)}`;
  const waits = `${whole(waitingOf(model))} of ${whole(room)}`;
  return `${padEnd(cut(oneLine(name), nameWidth - 1), nameWidth)}${padStart(runs, 12)}${padStart(waits, 14)}  ${oneLine(state)}`;
}
