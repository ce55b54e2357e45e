import { type Random, seededRandom } from '../../../../../src/core/base/random.js';
import { AdaptiveChunk } from '../../../../../src/core/engine/llama/rounds/adaptive-chunk.js';

/** How long rounds take on a machine, in milliseconds. */
export interface SimulatedMachine {
  readonly aloneMs: (decodes: number) => number;
  readonly tokenMs: number;
  /** A factor for the round that begins at that time. */
  readonly slowness?: (atMs: number, random: Random) => number;
}

export interface SimulatedLoad {
  readonly chats: number;
  readonly answerTokens: number;
  /** Pause between two answers of a chat. */
  readonly thinkMs: number;
  /** Infinity for no long prompts. */
  readonly promptEveryMs: number;
  readonly promptTokens: number;
}

export interface Simulation {
  /** Of each answer in a chat: the mean time between its tokens. */
  readonly tpotMs: readonly number[];
  readonly prefillTokensPerSecond: number;
  readonly rounds: readonly { readonly atMs: number; readonly decodes: number; readonly prefillTokens: number }[];
}

/** Rounds in virtual time: chats whose answers are being decoded, and long prompts that are read beside them. */
export function simulate(
  machine: SimulatedMachine,
  load: SimulatedLoad,
  {
    mostTokens,
    targetMs,
    forMs,
  }: { readonly mostTokens: number; readonly targetMs: number | null; readonly forMs: number },
): Simulation {
  const random = seededRandom(7);
  const chunk = new AdaptiveChunk(mostTokens, targetMs);
  const chats = Array.from({ length: load.chats }, (_, index) => ({ atMs: index * 300, startedMs: 0, tokens: 0 }));
  const tpotMs: number[] = [];
  const rounds: Simulation['rounds'][number][] = [];
  let nowMs = 0;
  let arrivals = 0;
  let unread = 0;
  let read = 0;
  let readAtMs = 0;
  while (nowMs < forMs) {
    for (; arrivals * load.promptEveryMs <= nowMs; arrivals += 1) unread += load.promptTokens;
    const decoding = chats.filter(({ atMs }) => atMs <= nowMs);
    chunk.prepare(decoding.length);
    // A round does not go beyond the end of a prompt.
    const prefillTokens = unread === 0 ? 0 : Math.min(chunk.tokens, ((unread - 1) % load.promptTokens) + 1);
    if (decoding.length === 0 && prefillTokens === 0) {
      nowMs = Math.min(arrivals * load.promptEveryMs, ...chats.map(({ atMs }) => atMs));
      continue;
    }
    const usualMs = machine.aloneMs(decoding.length) + prefillTokens * machine.tokenMs;
    const ms = usualMs * (machine.slowness?.(nowMs, random) ?? 1);
    rounds.push({ atMs: nowMs, decodes: decoding.length, prefillTokens });
    nowMs += ms;
    chunk.observe({ decodes: decoding.length, prefillTokens }, ms);
    unread -= prefillTokens;
    read += prefillTokens;
    if (prefillTokens > 0) readAtMs = nowMs;
    for (const chat of decoding) {
      chat.tokens += 1;
      if (chat.tokens === 1) chat.startedMs = nowMs;
      if (chat.tokens < load.answerTokens) continue;
      tpotMs.push((nowMs - chat.startedMs) / (load.answerTokens - 1));
      chat.tokens = 0;
      chat.atMs = nowMs + load.thinkMs;
    }
  }
  return { tpotMs, prefillTokensPerSecond: (read / readAtMs) * 1000, rounds };
}

export function p99(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.ceil(values.length * 0.99) - 1] ?? NaN;
}
