import { percentText, significant, timeText, whole } from '../numbers.js';
import type { Run, RunChecks } from '../result-schema.js';

/** What concerns a smaller share of a run's answers may be a hiccup of the network or of this machine. */
const noteworthyShare = 0.1;

/** The same if the load generator stalls for so long, in milliseconds (p99), that it reads many tokens at once. */
const stallMs = 20;
const noteworthyShareIfStalled = 0.5;

/** Reasons to doubt figures because of the form in which answers arrive. */
export function streamWarnings(runs: readonly Run[]): string[] {
  const answers = runs.reduce((sum, { requests }) => sum + requests.completed, 0);
  return [
    ...bursts(runs, answers),
    ...hiddenReasoning(runs, answers),
    ...contradictedUsage(runs, answers),
    ...packedChunks(runs),
    ...heldOpen(runs, answers),
  ];
}

function bursts(runs: readonly Run[], answers: number): string[] {
  if (!isNoteworthy(runs, ({ burst_answers: count }) => count ?? 0)) return [];
  const count = runs.reduce((sum, { checks }) => sum + (checks.burst_answers ?? 0), 0);
  return [
    `In ${part(count, answers)}, all tokens arrived in one burst, as from a proxy that buffers: TTFT is the time of ` +
      'the whole answer. TPOT and chunk gaps of these answers are left out. Turn the buffering off to measure them.',
  ];
}

function hiddenReasoning(runs: readonly Run[], answers: number): string[] {
  const tokens = runs.reduce((sum, { checks }) => sum + (checks.hidden_reasoning_tokens ?? 0), 0);
  if (tokens === 0 || answers === 0) return [];
  return [
    `The server counts ${significant(tokens / answers)} reasoning tokens per answer that it does not stream. ` +
      'Their time is part of TTFT; they are left out of TPOT and tokens/s.',
  ];
}

function contradictedUsage(runs: readonly Run[], answers: number): string[] {
  const all = runs.flatMap(({ checks }) => checks.contradicted_usage ?? []);
  const count = all.reduce((sum, each) => sum + each.answers, 0);
  if (count === 0) return [];
  const tokens = all.reduce((sum, each) => sum + each.output_tokens, 0);
  const chunks = all.reduce((sum, each) => sum + each.text_chunks, 0);
  const claim = `The usage of ${part(count, answers)} cannot be true: it has ${whole(tokens)} output tokens for`;
  // Answers that came as a whole: how many tokens each of them has is not known.
  const isWhole = runs.every(({ output_tokens_source: source }) => source === 'none');
  if (isWhole) return [`${claim} answers with text. Their tokens are not counted.`];
  return [`${claim} ${whole(chunks)} chunks of text. Each of these chunks was counted as one token.`];
}

/** The first chunk is taken to have one token, so that TPOT is divided by too many. */
function packedChunks(runs: readonly Run[]): string[] {
  const all = runs.flatMap(({ checks }) => checks.packed_chunks ?? []);
  if (!isNoteworthy(runs, ({ packed_chunks: packed }) => packed?.answers ?? 0)) return [];
  const sum = (of: (each: (typeof all)[number]) => number): number => all.reduce((total, each) => total + of(each), 0);
  const tokens = sum(({ output_tokens: own }) => own);
  const perChunk = tokens / sum(({ text_chunks: own }) => own);
  const perAnswer = tokens / sum(({ answers: own }) => own);
  const share = Math.min(1, (perChunk - 1) / Math.max(1, perAnswer - 1));
  return [
    `The server puts ${significant(perChunk)} tokens into a chunk on average, and does not say how many are in the first one. ` +
      `It was taken to have one, so that TPOT is too low by about ${percentText(share)}.`,
  ];
}

function heldOpen(runs: readonly Run[], answers: number): string[] {
  if (!isNoteworthy(runs, ({ held_open: held }) => held?.answers ?? 0)) return [];
  const all = runs.flatMap(({ checks }) => checks.held_open ?? []);
  const count = all.reduce((sum, each) => sum + each.answers, 0);
  const meanMs = all.reduce((sum, each) => sum + each.answers * (each.mean_ms ?? 0), 0) / count;
  return [
    `The server kept the responses of ${part(count, answers)} open for ${timeText(meanMs)} on average after the last ` +
      'text, before the usage, [DONE] or the end came. Latencies end with the text; rates do not, because a client has to wait for the end.',
  ];
}

/** Whether there are so many answers of a kind in one of the runs that a hiccup does not explain them. */
function isNoteworthy(runs: readonly Run[], countIn: (checks: RunChecks) => number): boolean {
  return runs.some(({ checks, requests, client }) => {
    const share = client.event_loop_delay_ms.p99 > stallMs ? noteworthyShareIfStalled : noteworthyShare;
    return countIn(checks) > 0 && countIn(checks) >= share * requests.completed;
  });
}

/** `all 64 answers`, `3 of 64 answers`. */
function part(count: number, answers: number): string {
  return count === answers ? `all ${whole(answers)} answers` : `${whole(count)} of ${whole(answers)} answers`;
}
