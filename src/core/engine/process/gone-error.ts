import type { ChatstreamError } from '../../base/errors.js';
import { engineDownError, engineStoppedError } from '../../base/refusals/refusals.js';
import type { EngineState } from '../engine.js';

/** Why an engine in this state can accept no more work; null while it may recover. */
export function goneError(state: EngineState): ChatstreamError | null {
  switch (state.status) {
    case 'failed':
      return engineDownError({ reason: state.reason });
    case 'stopped':
      return engineStoppedError();
    case 'starting':
    case 'ready':
    case 'restarting':
      return null;
  }
}
