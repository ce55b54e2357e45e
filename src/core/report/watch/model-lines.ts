import { whole } from '../../measurement/numbers.js';
import type { QueueView } from '../../watch/queue-view.js';
import { cut, padEnd, padStart, type Paint } from '../text/style.js';

type Models = NonNullable<QueueView['models']>;

/** Of more models, those around the selected one are shown. */
const mostModels = 8;

const nameWidth = 20;

/**
 * A line for each model of a server with several, below a heading.
 *
 * @param selected the name of the one whose limit the keys turn
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

/** What waits includes requests whose prompts are being prepared: as long as a model is not loaded, that is where they wait. */
function rowOf({ name, state, running, waiting, preparing, ...limits }: Models[number]): string {
  const runs = `${whole(running)} of ${whole(limits.max_concurrency)}`;
  const waits = `${whole(waiting + preparing)} of ${whole(limits.max_queue)}`;
  return `${padEnd(cut(name, nameWidth - 1), nameWidth)}${padStart(runs, 12)}${padStart(waits, 14)}  ${state}`;
}
