import type { EngineInfo } from '../../engine/engine.js';
import type { InferenceRequest } from '../request.js';

/** Answers to chats also end at the end of a format that the model may not know. */
export function withChatStop(request: InferenceRequest, info: EngineInfo | null): InferenceRequest {
  const { source, stop, ignoreEos } = request;
  if (info === null || info.chatStop.length === 0 || source.type !== 'chat' || ignoreEos) return request;
  return { ...request, stop: [...stop, ...info.chatStop] };
}
