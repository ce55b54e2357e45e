/** A server-sent event whose data is one line, which JSON without indentation always is. */
export function sseData(data: string): string {
  return `data: ${data}\n\n`;
}

/** A line that every client ignores, and that keeps the connection awake. */
export function sseComment(text: string): string {
  return `: ${text}\n\n`;
}

/** The end of every OpenAI stream. */
export const sseDone = sseData('[DONE]');
