/** A server-sent event with a name, as the Responses API writes them. */
export interface NamedEvent {
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Reads the events of a stream, without the comments between them. Throws on anything that is no event stream. */
export function namedEvents(body: string): readonly NamedEvent[] {
  const blocks = body.split('\n\n');
  if (blocks.pop() !== '') throw new Error(`The stream ends in the middle of an event: ${body}`);
  return blocks.filter((block) => !block.startsWith(': ')).map(readEvent);
}

function readEvent(block: string): NamedEvent {
  const [, type, json] = /^event: ([^\n]+)\ndata: ([^\n]+)$/.exec(block) ?? [];
  if (type === undefined || json === undefined) throw new Error(`Not an event with a name: ${block}`);
  const data: unknown = JSON.parse(json);
  if (typeof data !== 'object' || data === null) throw new Error(`An event without an object: ${block}`);
  return { type, data: Object.fromEntries(Object.entries(data)) };
}
