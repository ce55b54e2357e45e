/** What the parts of a message other than text contain, by their types in all protocols. */
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

/** What the model reads instead of such a part. */
export function omissionNote(type: string): string {
  return `[${media.get(type) ?? type} omitted: this model reads text only]`;
}

/** For errors about such a part. */
export const unreadableHint =
  'The model reads text only. Send the message without it: in earlier messages and in results of tools, a note takes its place.';

/** The sender of a message, as far as it matters here; `other` is the system. */
export type Speaker = 'user' | 'assistant' | 'result' | 'other';

/**
 * The messages that the model is to answer: everything that the user has said since the assistant's last turn, unless
 * tools have been called since. In them, an image is an error, because an answer without the image would mislead.
 * Everywhere else, a note replaces it, because clients send each image again with every later message, and the
 * conversation could never continue.
 *
 * A message right after the results of tools belongs to them: chats have no place for an image in a result. Turns of the assistant
 * at the end are the beginning of the answer.
 *
 * @returns whether one is among them, by its index; none is if the model is to continue with something else
 */
export function questionAmong(speakers: readonly Speaker[]): (index: number) => boolean {
  const question = new Uint8Array(speakers.length);
  let index = speakers.findLastIndex((speaker) => speaker === 'user' || speaker === 'result');
  for (; speakers[index] === 'user' || speakers[index] === 'other'; index -= 1) {
    if (speakers[index] === 'user' && speakers[index - 1] !== 'result') question[index] = 1;
  }
  return (at) => question[at] === 1;
}
