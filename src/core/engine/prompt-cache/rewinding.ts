/** How far back a model can forget the end of what a sequence holds. */
export type Rewinding =
  /** Anywhere: every layer stores every token. */
  | { readonly type: 'anywhere' }
  /** Only as far as the tokens before that point are still in the window. */
  | { readonly type: 'window'; readonly tokens: number }
  /** To checkpoints only: the state of a recurrent layer contains everything before it. */
  | { readonly type: 'checkpoints' };

/**
 * How much of a common beginning with a state can be used.
 *
 * @param shared length of the beginning, in tokens
 * @param state its length, and its first cell (see `CacheSlot.firstCell`)
 * @returns `shared`, or 0
 */
export function reusable(
  rewinding: Rewinding,
  shared: number,
  state: { readonly length: number; readonly firstCell: number },
): number {
  if (shared === state.length) return shared;
  switch (rewinding.type) {
    case 'anywhere':
      return shared;
    case 'window':
      return state.firstCell <= Math.max(0, shared - rewinding.tokens) ? shared : 0;
    case 'checkpoints':
      return 0;
  }
}
