import { type FileReading, readFile } from '../conversation/file.js';
import type { Shelf } from '../conversation/shelf.js';
import { newId } from '../new-id.js';

export type Imported =
  | Exclude<FileReading, { status: 'read' }>
  | { readonly status: 'read'; readonly count: number }
  | { readonly status: 'not-kept' };

/** Keeps the conversations of a file. One that is kept already, with other content, stays: then there are both. */
export function importFile(text: string, shelf: Shelf, open: ReadonlySet<string>): Imported {
  const reading = readFile(text);
  if (reading.status !== 'read') return reading;
  const all = reading.conversations.map((conversation) => {
    const known = shelf.read(conversation.id);
    const isOther = known !== undefined && known.changedAtMs !== conversation.changedAtMs;
    return shelf.keep(isOther ? { ...conversation, id: newId() } : conversation, open);
  });
  return all.includes(false) ? { status: 'not-kept' } : { status: 'read', count: all.length };
}
