const numbers = /"sequence_number": ?(\d+)(?=[,}\s])/g;

/** More than the name and the digits of a number have. */
const longestNumber = 64;

/** Knows how many events of a response have passed, from their numbers. In their texts, the quotes of such a name are escaped. */
export class EventNumbers {
  /** The number of the next event, 0 or more. */
  next = 0;
  /** The end of the chunks so far, in which a number may begin. */
  #end = '';

  /** @param chunk a part of the stream, cut anywhere */
  note(chunk: Buffer): void {
    const text = this.#end + chunk.toString('latin1');
    for (const [, digits] of text.matchAll(numbers)) this.next = Number(digits) + 1;
    this.#end = text.slice(-longestNumber);
  }
}
