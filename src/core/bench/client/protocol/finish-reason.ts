/**
 * Finish reasons of answers that the server gave up on: `error` (OpenRouter, vLLM, LMDeploy), `abort` (vLLM, SGLang,
 * LMDeploy), `timeout` and `cancelled` (TensorRT-LLM), `insufficient_system_resource` (DeepSeek), and other spellings.
 */
const failures: ReadonlySet<string> = new Set([
  'abort',
  'aborted',
  'cancel',
  'canceled',
  'cancelled',
  'error',
  'failed',
  'failure',
  'insufficient_system_resource',
  'timeout',
]);

/**
 * Whether an answer with this finish reason is incomplete through the server's fault. All other words are proper ends:
 * `stop`, `length`, `tool_calls`, `content_filter`, `eos_token` and `stop_sequence` (text-generation-inference), and
 * words that servers will invent.
 */
export function isFailure(finishReason: string): boolean {
  return failures.has(finishReason.toLowerCase());
}
