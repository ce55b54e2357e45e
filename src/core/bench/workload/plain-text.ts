import { ChatstreamError } from '../../base/errors.js';
import { isRecord, items, member, nonEmpty } from '../../base/json.js';
import type { Endpoint } from '../../measurement/workload/endpoints.js';
import type { PromptsFile } from './prompts-file.js';
import type { Turn } from './turn.js';

/** A chat as one text, for endpoints that take no messages: the texts of the messages with empty lines in between. */
export function plainText(messages: Turn['messages']): string {
  return messages.map(({ content }) => textOf(content)).join('\n\n');
}

/**
 * Checks that prompts can be sent to an endpoint.
 *
 * @param from the source of the prompts
 * @throws ChatstreamError `usage` if a prompt is more than text, and the endpoint only takes text
 */
export function checkSendable(
  endpoint: Endpoint,
  { conversations, wishes }: Pick<PromptsFile, 'conversations' | 'wishes'>,
  from: string,
): void {
  if (endpoint !== 'completions' && endpoint !== 'embeddings') return;
  const rich = conversations.findIndex(
    (turns, index) => (wishes[index]?.parameters ?? null) !== null || !turns.every(isPlain),
  );
  if (rich === -1) return;
  throw new ChatstreamError(
    'usage',
    `Prompt ${rich + 1} of ${from} has tools, images or a format, which ${endpoint} do not take.`,
    { hint: 'Use --endpoint chat, responses or messages, or a file of texts.' },
  );
}

/** Whether a chat is nothing but texts. */
function isPlain(messages: Turn['messages']): boolean {
  return messages.every(({ content }) => typeof content === 'string' || (content?.every(isText) ?? false));
}

function isText(part: unknown): boolean {
  return isRecord(part) && part['type'] === 'text' && typeof part['text'] === 'string';
}

function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  return items(content)
    .map((part) => nonEmpty(member(part, 'text')) ?? '')
    .join('');
}
