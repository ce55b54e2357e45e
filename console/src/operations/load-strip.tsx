import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { count, rate, shortTime } from '../ui/format.js';
import { inFlightOf } from './in-flight.js';
import { type EndedLoad, loadTest, readLoadTest, type RunningLoad, stopLoadTest } from './load-test.js';
import { ReportDialog } from './report-dialog.js';
import { operationsWords } from './words.js';

/** The bench reports its figures five times a second. */
const readEveryMs = 500;

/** How the load test stands: its progress while it runs, and then its report. */
export function LoadStrip(): JSX.Element | null {
  const dismissed = useSignal(0);
  const test = loadTest.value;
  const isRunning = test?.status === 'running' || test?.status === 'stopping';
  useEffect(() => {
    if (!isRunning) return;
    const timer = setInterval(() => void readLoadTest(), readEveryMs);
    return () => {
      clearInterval(timer);
    };
  }, [isRunning]);
  switch (test?.status) {
    case undefined:
    case 'none':
      return null;
    case 'running':
    case 'stopping':
      return <Running test={test} />;
    case 'completed':
    case 'stopped':
    case 'failed':
      if (dismissed.value === test.started_at_ms) return null;
      return <Ended test={test} onDismiss={() => (dismissed.value = test.started_at_ms)} />;
  }
}

function Running({ test }: { readonly test: RunningLoad }): JSX.Element {
  const words = operationsWords();
  const { figures } = test;
  const phase = test.status === 'stopping' ? words.stopping : phaseText(figures?.phase, words);
  return (
    <section class="operations-strip" aria-label={words.loadTest}>
      <p role="status">
        <strong>{titleOf(test, words)}</strong> {phase}
      </p>
      <progress
        aria-label={words.progress}
        max={figures?.planned_ms ?? test.duration_s * 1000}
        value={Math.min(figures?.elapsed_ms ?? 0, figures?.planned_ms ?? Infinity)}
      />
      <Figures test={test} />
      <button disabled={test.status === 'stopping'} onClick={() => void stopLoadTest()}>
        {words.stop}
      </button>
    </section>
  );
}

function Ended({ test, onDismiss }: { readonly test: EndedLoad; readonly onDismiss: () => void }): JSX.Element {
  const words = operationsWords();
  const isReportShown = useSignal(false);
  return (
    <section class="operations-strip" aria-label={words.loadTest}>
      <p role="status" class={test.status === 'failed' ? 'bad' : undefined}>
        <strong>{words[test.status]}</strong> {test.problem}
      </p>
      <Figures test={test} />
      <div class="dialog-buttons">
        {test.report !== null && (
          <button class="primary" onClick={() => (isReportShown.value = true)}>
            {words.showReport}
          </button>
        )}
        <button class="quiet" onClick={onDismiss}>
          {words.dismiss}
        </button>
      </div>
      {isReportShown.value && test.report !== null && (
        <ReportDialog path={test.report} onClose={() => (isReportShown.value = false)} />
      )}
    </section>
  );
}

function Figures({ test }: { readonly test: RunningLoad | EndedLoad }): JSX.Element | null {
  const words = operationsWords();
  const { figures } = test;
  const inFlight = inFlightOf(test);
  if (figures === null) return null;
  const time = (ms: number | null): string => (ms === null ? '–' : shortTime(ms));
  const { completed, failed, output_tokens_per_second: tokens, ttft_ms } = figures;
  return (
    <p class="operations-figures figure">
      <span>{words.done(count(completed))}</span>
      {inFlight > 0 && <span>{words.inFlight(count(inFlight))}</span>}
      {failed > 0 && <span class="bad">{words.failures(count(failed))}</span>}
      <span>
        {rate(tokens)} {words.tokensPerSecond}
      </span>
      <span>{words.ttft(time(ttft_ms.p50), time(ttft_ms.p95))}</span>
    </p>
  );
}

function titleOf({ clients, model }: RunningLoad, words: ReturnType<typeof operationsWords>): string {
  return model === null ? words.clientsRun(count(clients)) : words.clientsRunWith(count(clients), model);
}

function phaseText(phase: string | undefined, words: ReturnType<typeof operationsWords>): string {
  switch (phase) {
    case undefined:
      return words.starting;
    case 'warm-up':
      return words.warmUp;
    case 'finishing':
      return words.finishing;
    default:
      return words.measuring;
  }
}
