import type { RunSettings } from './schema.js';

/** What a sweep runs over. */
export type SweptKey = keyof Pick<RunSettings, 'max_concurrency' | 'concurrency'>;

/** What N is: what the server was set to, or the clients where that does not change. */
export function sweptKey(settings: readonly RunSettings[]): SweptKey {
  const isSwept = new Set(settings.map((each) => each.max_concurrency)).size > 1;
  const isOpenLoop = settings.every(({ concurrency }) => concurrency === null);
  return isSwept || isOpenLoop ? 'max_concurrency' : 'concurrency';
}
