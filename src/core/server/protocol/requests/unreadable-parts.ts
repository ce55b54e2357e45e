/** What is in the parts of a message that are no text, by their types in all protocols. */
const media: ReadonlyMap<string, string> = new Map([
  ['image', 'image'],
  ['image_url', 'image'],
  ['input_image', 'image'],
  ['audio', 'audio'],
  ['audio_url', 'audio'],
  ['input_audio', 'audio'],
  ['video', 'video'],
  ['video_url', 'video'],
  ['input_video', 'video'],
  ['document', 'document'],
  ['file', 'file'],
  ['input_file', 'file'],
]);

/** Whether a part is an image or something else that a model cannot read as text. */
export function isUnreadable(type: string): boolean {
  return media.has(type);
}

/** What the model reads in the place of such a part. */
export function omissionNote(type: string): string {
  return `[${media.get(type) ?? type} omitted: this model reads text only]`;
}

/** For errors about such a part. */
export const unreadableHint =
  'The model reads text only. Send the message without it: in earlier messages and in results of tools, a note takes its place.';

/** Who a message is from, as far as it matters here: the user, a tool, or anybody else. */
export type Speaker = 'user' | 'result' | 'other';

/**
 * The message that the model is to answer: the user's last one, unless tools have been called since. In it, an image is an error,
 * because an answer without the image would mislead. Everywhere else a note takes its place, because clients send each image
 * again with every later message, and the conversation could never go on.
 *
 * What comes right after the results of tools belongs to them: chats have no place for an image in a result.
 *
 * @returns its index; -1 if the model is to go on with something else
 */
export function questionIndex(speakers: readonly Speaker[]): number {
  const last = speakers.findLastIndex((speaker) => speaker !== 'other');
  return speakers[last] === 'user' && speakers[last - 1] !== 'result' ? last : -1;
}
