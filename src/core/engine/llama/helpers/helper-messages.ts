import { isRecord } from '../../../base/json.js';
import type { SentError } from '../library/sent-error.js';

/** To a helper process. The settings come first, and then one question after the other. */
export type HelperRequest =
  /** `parent` is the number of the process that has started it. */
  | { readonly type: 'settings'; readonly settings: unknown; readonly parent: number }
  | { readonly type: 'question'; readonly question: unknown };

/** From it. `ready` answers the settings, everything else a question. */
export type HelperAnswer =
  | { readonly type: 'ready' }
  | { readonly type: 'answered'; readonly answer: unknown }
  | { readonly type: 'refused'; readonly error: SentError };

/** Whether a message is ours. Both ends have the same version and trust each other, so only the outline is checked. */
export function isHelperRequest(value: unknown): value is HelperRequest {
  if (!isRecord(value)) return false;
  switch (value['type']) {
    case 'settings':
      return isRecord(value['settings']) && typeof value['parent'] === 'number';
    case 'question':
      return 'question' in value;
    default:
      return false;
  }
}

/** See {@link isHelperRequest}. */
export function isHelperAnswer(value: unknown): value is HelperAnswer {
  if (!isRecord(value)) return false;
  switch (value['type']) {
    case 'ready':
      return true;
    case 'answered':
      return 'answer' in value;
    case 'refused':
      return isRecord(value['error']);
    default:
      return false;
  }
}
