import { bySetting } from '../by-setting.js';
import { percentText, significant, timeText, whole } from '../numbers.js';
import type { Run, RunChecks, Saturation } from '../result-schema.js';

/** A problem of a smaller share of a run's answers may be a temporary fault of the network or of this machine. */
const noteworthyShare = 0.1;

/** The same if the load generator stalls for this long, in milliseconds (p99), so that it reads many tokens at once. */
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

/** From this share of bursts on, their cause affects all answers. */
const mostlyBursts = 0.9;

const burstsIn = ({ burst_answers: count }: RunChecks): number => count ?? 0;

/** A load generator that is late reads at once what came one by one, so a proxy is blamed only where it was not. */
function bursts(runs: readonly Run[], answers: number): string[] {
  const noteworthy = [...bySetting(runs).values()]
    .filter((trials) => isNoteworthy(trials, burstsIn))
    .flatMap((trials) => trials.filter(({ checks }) => burstsIn(checks) > 0));
  if (noteworthy.length === 0) return [];
  const count = runs.reduce((sum, { checks }) => sum + burstsIn(checks), 0);
  const what = `In ${part(count, answers)}, all tokens arrived in one burst`;
  const leftOut = 'TPOT and chunk gaps of these answers are left out.';
  if (noteworthy.every(isClientLate)) {
    return [
      `${what}, but the load generator itself was late: ${latenessText(noteworthy)}. It may have read at once what the server sent one ` +
        `by one, and TTFT may be too long. ${leftOut} Use fewer clients, more --workers, or another machine.`,
    ];
  }
  // A proxy that buffers does so with nearly all answers.
  const onTime = noteworthy.filter((run) => !isClientLate(run));
  const answersOnTime = onTime.reduce((sum, { requests }) => sum + requests.completed, 0);
  const burstsOnTime = onTime.reduce((sum, { checks }) => sum + burstsIn(checks), 0);
  const isProxy = burstsOnTime >= mostlyBursts * answersOnTime;
  const [cause, advice] = isProxy
    ? ['as from a proxy that buffers', 'Turn the buffering off to measure them.']
    : [
        'as from a proxy that buffers, or a server whose machine is busy',
        'Turn buffering off, or make room on the machine.',
      ];
  return [`${what}, ${cause}: TTFT is the time of the whole answer. ${leftOut} ${advice}`];
}

/** What may cause a load generator to read late. */
const latening: ReadonlySet<Saturation> = new Set(['cpu', 'late-sends']);

/** It can make bursts of short answers that arrived one token after the other if it is late by about as long as they took. */
function isClientLate(run: Run): boolean {
  const { saturation, saturated, event_loop_delay_ms: delay } = run.client;
  if (delay.p99 > Math.min(stallMs, streamingMs(run) / 2)) return true;
  return saturation?.some((each) => latening.has(each)) ?? saturated;
}

/** From the first to the last token of an answer that was no burst, on average; Infinity if all were. */
function streamingMs({ metrics, rates }: Run): number {
  const tokens = rates.output_tokens_per_second / rates.requests_per_second;
  return metrics.tpot.mean === null ? Infinity : metrics.tpot.mean * Math.max(0, tokens - 1);
}

/** The figures of the load generator itself, from the run in which it did worst. */
function latenessText(runs: readonly Run[]): string {
  const cpu = Math.max(...runs.map(({ client }) => client.cpu_share));
  const lateMs = Math.max(...runs.map(({ client }) => client.event_loop_delay_ms.p99));
  return `it used up to ${percentText(cpu)} of a core, and noticed 1 % of events ${timeText(lateMs)} late or later`;
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

/**
 * Whether there are so many answers of a kind at one of the settings that a hiccup does not explain them. Its trials are
 * judged together: one alone may be short.
 */
function isNoteworthy(runs: readonly Run[], countIn: (checks: RunChecks) => number): boolean {
  return [...bySetting(runs).values()].some((trials) => {
    const count = trials.reduce((sum, { checks }) => sum + countIn(checks), 0);
    const enough = trials.reduce((sum, { client, requests }) => {
      const share = client.event_loop_delay_ms.p99 > stallMs ? noteworthyShareIfStalled : noteworthyShare;
      return sum + share * requests.completed;
    }, 0);
    return count > 0 && count >= enough;
  });
}

/** `all 64 answers`, `3 of 64 answers`. */
function part(count: number, answers: number): string {
  return count === answers ? `all ${whole(answers)} answers` : `${whole(count)} of ${whole(answers)} answers`;
}
