/**
 * Thoughts as `encrypted_content`, for clients that send nothing else of a thought back. It is encoded, not encrypted:
 * the same response has the thought as text, so there is nothing to hide.
 */
const mark = 'chatstream.thought.';

export function sealed(thought: string): string {
  return mark + Buffer.from(thought).toString('base64url');
}

/** The thought; null for content from another server. */
export function unsealed(content: string): string | null {
  return content.startsWith(mark) ? Buffer.from(content.slice(mark.length), 'base64url').toString() : null;
}
