import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { connection } from '../api/connection.js';
import { DrainDialog } from './drain-dialog.js';
import { LoadForm } from './load-form.js';
import { loadTest, readLoadTest } from './load-test.js';
import { operationsWords } from './words.js';

import './operations.css';

interface Properties {
  /** The reader may do what is for operators. */
  readonly mayOperate: boolean;
  readonly isDraining: boolean;
  /** The names of all models, where each has its own queue. */
  readonly models: readonly string[];
}

/** What an operator can do with the server: put it under load, and shut it down. Others do not see it. */
export function OperationsBar({ mayOperate, isDraining, models }: Properties): JSX.Element | null {
  const words = operationsWords();
  const shown = useSignal<'none' | 'load' | 'drain'>('none');
  const isLive = connection.value.status === 'live';
  useEffect(() => {
    // Also after the server was restarted, or another key was given.
    if (!mayOperate) loadTest.value = undefined;
    else if (isLive) void readLoadTest();
  }, [isLive, mayOperate]);
  const { value: test } = loadTest;
  if (test === undefined || isDraining) return null;
  const close = (): void => {
    shown.value = 'none';
  };
  return (
    <div class="operations-bar" role="group" aria-label={words.operations}>
      <button
        disabled={test.status === 'running' || test.status === 'stopping'}
        onClick={() => {
          shown.value = 'load';
        }}
      >
        {words.load}
      </button>
      <button
        class="quiet"
        onClick={() => {
          shown.value = 'drain';
        }}
      >
        {words.drain}
      </button>
      {shown.value === 'load' && <LoadForm models={models} onClose={close} />}
      {shown.value === 'drain' && <DrainDialog onClose={close} />}
    </div>
  );
}
