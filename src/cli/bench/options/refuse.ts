import { ChatstreamError } from '../../../core/base/errors.js';

/** @throws ChatstreamError `usage`, always */
export function refuse(message: string, hint: string): never {
  throw new ChatstreamError('usage', message, { hint });
}
