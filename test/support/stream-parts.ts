/** One server-sent event, or a comment between them. */
export type StreamPart =
  | { readonly type: 'comment'; readonly text: string }
  | { readonly type: 'done' }
  | { readonly type: 'data'; readonly data: Readonly<Record<string, unknown>> };

/** Reads a stream as its client would. Throws on anything that is no event stream. */
export function parseStream(body: string): readonly StreamPart[] {
  const blocks = body.split('\n\n');
  if (blocks.pop() !== '') throw new Error(`The stream ends in the middle of an event: ${body}`);
  return blocks.map(parsePart);
}

/** @param block what stands between two empty lines */
export function parsePart(block: string): StreamPart {
  if (block.startsWith(': ')) return { type: 'comment', text: block.slice(2) };
  if (block === 'data: [DONE]') return { type: 'done' };
  const [, name, json] = /^(?:event: (\S+)\n)?data: ([^\n]*)$/.exec(block) ?? [];
  const data: unknown = json === undefined ? undefined : JSON.parse(json);
  if (typeof data !== 'object' || data === null) throw new Error(`Not an event: ${block}`);
  if (name !== undefined && !('type' in data && data.type === name)) throw new Error(`Not of type ${name}: ${block}`);
  return { type: 'data', data: Object.fromEntries(Object.entries(data)) };
}
