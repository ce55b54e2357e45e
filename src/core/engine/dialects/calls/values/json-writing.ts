/** Writes an object as JSON, member by member, while it is read in another notation. */
export class ObjectWriter {
  readonly #emit: (text: string) => void;
  #isEmpty = true;

  constructor(emit: (text: string) => void) {
    this.#emit = emit;
    emit('{');
  }

  /** Begins a member. @returns the place for the JSON text of its value */
  member(name: string): (text: string) => void {
    this.#emit(`${this.#isEmpty ? '' : ','}${JSON.stringify(name)}:`);
    this.#isEmpty = false;
    return this.#emit;
  }

  end(): void {
    this.#emit('}');
  }
}

/** Writes a string as JSON, piece by piece. */
export class StringWriter {
  readonly #emit: (text: string) => void;
  /** The first half of a surrogate pair: `JSON.stringify` would escape it. */
  #half = '';

  constructor(emit: (text: string) => void) {
    this.#emit = emit;
    emit('"');
  }

  readonly push = (text: string): void => {
    const all = this.#half + text;
    const end = /[\uD800-\uDBFF]$/.test(all) ? all.length - 1 : all.length;
    this.#half = all.slice(end);
    this.#emit(escaped(all.slice(0, end)));
  };

  end(): void {
    this.#emit(`${escaped(this.#half)}"`);
  }
}

function escaped(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}
