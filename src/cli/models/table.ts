import { formatBytes } from '../../core/base/units.js';
import type { PromptCacheInfo } from '../../core/engine/prompt-cache-activity.js';
import type { ModelList, ModelOverview } from '../../core/models/model-overview.js';
import { oneLine } from '../../core/report/text/escape.js';
import { borderlessTable, type TableCell, type TableColumn } from '../../core/report/text/table.js';
import { styled } from '../terminal/terminal.js';

/** 99 columns in all, for narrow terminals and for lines in a log. */
const columns = [37, 9, 9, 8, 8, 8, 14].map((width): TableColumn => ({ align: 'left', gap: 1, width }));

/** Models as a table of at most 99 columns, with where they come from below their names. */
export function modelsTable({ folder, models }: ModelList, slots: number, promptCache: PromptCacheInfo): string {
  const heads = ['model', 'size', 'kind', 'weights', 'format', 'context', 'memory'];
  const rows: (readonly TableCell[])[] = [heads.map((head) => styled(process.stdout, 'bold', head))];
  for (const model of models) {
    rows.push(figures(model).map(oneLine));
    const below = model.problem ?? (model.source === model.name ? null : model.source);
    if (below === null) continue;
    rows.push([
      { text: styled(process.stdout, 'dim', oneLine(below)), columns: columns.length, align: 'left', indent: 2 },
    ]);
  }
  const { lines } = borderlessTable(rows, columns);
  return [...lines, '', ...remarks(models, folder, slots, promptCache), ''].join('\n');
}

function remarks(
  models: readonly ModelOverview[],
  folder: string,
  slots: number,
  promptCache: PromptCacheInfo,
): readonly string[] {
  const isPartial = models.some(({ status }) => status === 'partial');
  const need = models.find((model) => model.need !== null)?.need;
  return [
    `Memory: weights, and the KV cache of ${slots} ${slots === 1 ? 'slot' : 'slots'}${need === undefined || need === null ? '' : ` in ${need.cacheType}`}; see --slots, --context and --cache-type.`,
    promptCache.status === 'on'
      ? `A server also keeps conversations that have left their slots, in up to ${formatBytes(promptCache.limitBytes)}; see --prompt-cache.`
      : `A server keeps conversations in their slots only: ${promptCache.reason}.`,
    `Downloaded models are kept in ${folder}.`,
    ...(models.every(({ status }) => status === 'bundled')
      ? ['There are none yet. Get one with "chatstream models pull hf:USER/REPOSITORY[:Q4_K_M]", or with a URL.']
      : ['Serve one with "chatstream serve -m SOURCE", remove it with "chatstream models rm MODEL".']),
    ...(isPartial ? ['Resume a partial download with "chatstream models pull SOURCE".'] : []),
  ];
}

function figures({ name, status, bytes, totalBytes, file, need }: ModelOverview): string[] {
  if (file === null || need === null) {
    const size =
      status === 'partial' && totalBytes !== null ? `${Math.floor((bytes / totalBytes) * 100)} %` : formatBytes(bytes);
    return [name, size, status === 'partial' ? 'partial' : 'damaged', '', '', '', ''];
  }
  const { weightBytes, cacheBytes } = need;
  const bound = cacheBytes.least === cacheBytes.most ? '' : 'up to ';
  return [
    name,
    formatBytes(bytes),
    file.architecture,
    file.parameters === null ? '–' : formatCount(file.parameters),
    file.quantisation ?? '–',
    file.trainedContextLength === null ? '–' : String(file.trainedContextLength),
    bound + formatBytes(weightBytes + cacheBytes.most),
  ];
}

/** A number of weights for people: `135M`, `1.2B`, `30.5B`. */
function formatCount(count: number): string {
  const units = ['', 'K', 'M', 'B', 'T'] as const;
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(count) / 3)));
  const scaled = count / 1000 ** power;
  return `${scaled >= 100 ? String(Math.round(scaled)) : String(Number(scaled.toFixed(1)))}${units[power] ?? ''}`;
}

/** The same for scripts. Sizes are in bytes; unknown values are null. */
export function modelsJson({ folder, models }: ModelList, promptCache: PromptCacheInfo): object {
  return {
    folder,
    prompt_cache_bytes: promptCache.status === 'on' ? promptCache.limitBytes : 0,
    models: models.map(({ name, source, path, status, bytes, totalBytes, file, need, problem }) => ({
      name,
      source,
      path,
      status,
      bytes,
      total_bytes: totalBytes,
      architecture: file?.architecture ?? null,
      parameters: file?.parameters ?? null,
      quantisation: file?.quantisation ?? null,
      trained_context: file?.trainedContextLength ?? null,
      memory:
        need === null
          ? null
          : {
              slots: need.slots,
              context: need.contextLength,
              cache_type: need.cacheType,
              weight_bytes: need.weightBytes,
              cache_bytes_least: need.cacheBytes.least,
              cache_bytes_most: need.cacheBytes.most,
            },
      problem,
    })),
  };
}
