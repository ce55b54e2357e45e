import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { broken } from '../../api/connection.js';
import { LoadStrip } from '../../operations/load-strip.js';
import { OperationsBar } from '../../operations/operations-bar.js';
import { count, timeOfDay } from '../../ui/format.js';
import { EndedColumn } from '../columns/ended-column.js';
import { RunningColumn } from '../columns/running-column.js';
import { WaitingColumn } from '../columns/waiting-column.js';
import { limitText } from '../limit-text.js';
import { limitNews } from '../limits.js';
import { followQueue, queue } from '../queue-feed.js';
import type { QueueState } from '../queue-state.js';
import { queueWords } from '../words.js';
import { ExecutorsStrip, namedExecutors } from './executors-strip.js';
import { useFlip } from './flip.js';
import { hasModels, ModelsStrip } from './models-strip.js';

import './queue.css';
import '../columns/columns.css';
import '../columns/waiting.css';
import '../columns/running.css';
import '../columns/ended.css';
import './strips.css';

/** The two queues of the server, alive. */
export function QueueView(): JSX.Element {
  const words = queueWords();
  const stage = useRef<HTMLDivElement>(null);
  const state = queue.value;
  const isOld = broken.value !== undefined;
  useEffect(followQueue, []);
  useFlip(stage, state === undefined ? '' : signatureOf(state));
  useEffect(() => {
    const { running_count, waiting_count } = state?.status ?? { running_count: 0, waiting_count: 0 };
    document.title = isOld ? words.oldTitle : words.pageTitle(count(running_count), count(waiting_count));
  }, [words, isOld, state?.status.running_count, state?.status.waiting_count]);
  useEffect(
    () => () => {
      document.title = 'chatstream';
      limitNews.value = { status: 'none' };
    },
    [],
  );
  return (
    <>
      <h1 class="visually-hidden">{words.title}</h1>
      <LimitResult />
      {state !== undefined && isOld && (
        <p class="queue-problem" role="status">
          {words.old(timeOfDay(state.atMs))} {state.status.draining && words.wasDraining}
        </p>
      )}
      {state?.status.draining === true && !isOld && (
        <p class="queue-draining" role="status">
          {words.draining}
        </p>
      )}
      {state !== undefined && (
        <div class="queue-bar">
          {state.status.lists === 'own' && <p class="quiet">{words.ownOnly}</p>}
          {hasModels(state.status) && <ModelsStrip status={state.status} />}
          <ExecutorsStrip executors={namedExecutors(state.status, hasModels(state.status))} />
          <OperationsBar
            mayOperate={state.status.may_turn}
            isDraining={state.status.draining || isOld}
            models={state.status.models.map(({ name }) => name)}
          />
        </div>
      )}
      <LoadStrip />
      <div class={isOld ? 'queue-stage queue-old' : 'queue-stage'} ref={stage}>
        {state !== undefined && (
          <>
            <WaitingColumn state={state} />
            <RunningColumn state={state} />
            <EndedColumn state={state} />
          </>
        )}
      </div>
    </>
  );
}

/** Says what became of a limit that was turned: to the ear if it worked, to all if not. */
function LimitResult(): JSX.Element {
  const words = queueWords();
  const news = limitNews.value;
  const said = ((): string => {
    switch (news.status) {
      case 'none':
        return '';
      case 'set':
        return words.limitSet(limitText(words, news), count(news.value));
      case 'refused':
        return words.limitRefused(news.message);
      case 'unreachable':
        return words.limitUnreachable;
    }
  })();
  const isBad = news.status === 'refused' || news.status === 'unreachable';
  return (
    <p class={isBad ? 'queue-problem' : 'visually-hidden'} role="status">
      {said}
    </p>
  );
}

function signatureOf({ waiting, running, ended }: QueueState): string {
  const runningIds = running.map(({ id, place }) => `${place}:${id}`);
  return [...waiting.map(({ id }) => id), '|', ...runningIds, '|', ended[0]?.id ?? ''].join(' ');
}
