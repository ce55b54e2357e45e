import { isRecord } from '../../../base/json.js';
import { pointerIn, pointerStep, valueAt } from '../../../base/json-pointer.js';
import type { Subject } from '../../grammar/limits.js';
import { schemaProblem } from './problems.js';

export type SchemaObject = Readonly<Record<string, unknown>>;

/** A schema and its location. */
export interface Located {
  readonly schema: SchemaObject | boolean;
  /** JSON pointer from the root. */
  readonly pointer: string;
}

/** The locations in one schema document. */
export class Places {
  readonly subject: Subject;
  readonly root: Located;
  readonly #isLenient: boolean;
  readonly #leftOut = new Set<string>();

  readonly #contents = new WeakMap<object, number>();
  readonly #numbers = new Map<string, number>();

  /** @param isLenient whether keywords that cannot be enforced are left out instead of being an error */
  constructor(root: SchemaObject | boolean, subject: Subject, isLenient = false) {
    this.root = { schema: root, pointer: '' };
    this.subject = subject;
    this.#isLenient = isLenient;
  }

  /** JSON pointers of the keywords that are left out. */
  get leftOut(): readonly string[] {
    return [...this.#leftOut];
  }

  /**
   * Leaves out a keyword that cannot be enforced.
   *
   * @throws ChatstreamError `invalid_request` unless it may be left out
   */
  leaveOut(pointer: string, problem: string): void {
    if (!this.mayLeaveOut(pointer)) this.fail(pointer, problem);
  }

  isLeftOut(pointer: string): boolean {
    return this.#leftOut.has(pointer);
  }

  /** Leaves out a keyword if that is allowed. */
  mayLeaveOut(pointer: string): boolean {
    if (this.#isLenient) this.#leftOut.add(pointer);
    return this.#isLenient;
  }

  /** The same number for equal schemas, wherever they are. Schemas whose members have another order are different. */
  contentOf(value: unknown): number {
    if (!isRecord(value)) return this.#numberOf(JSON.stringify(value));
    const known = this.#contents.get(value);
    if (known !== undefined) return known;
    const members = Array.isArray(value)
      ? value.map((each: unknown) => this.contentOf(each)).join()
      : Object.entries(value).map(([name, each]) => `${JSON.stringify(name)}:${this.contentOf(each)}`);
    const content = this.#numberOf(Array.isArray(value) ? `[${String(members)}` : `{${String(members)}`);
    this.#contents.set(value, content);
    return content;
  }

  #numberOf(text: string): number {
    const number = this.#numbers.get(text) ?? this.#numbers.size;
    this.#numbers.set(text, number);
    return number;
  }

  /** @throws ChatstreamError `invalid_request`, always */
  fail(pointer: string, problem: string): never {
    throw schemaProblem(this.subject, pointer, problem);
  }

  /** @throws ChatstreamError `invalid_request` for a value that is not a schema */
  at(value: unknown, pointer: string): Located {
    if (typeof value === 'boolean') return { schema: value, pointer };
    if (!isRecord(value) || Array.isArray(value)) this.fail(pointer, 'a schema must be an object, true or false');
    return { schema: value, pointer };
  }

  /** @throws ChatstreamError `invalid_request` for a value that is not a list of schemas, or an empty list */
  list(value: unknown, pointer: string): readonly Located[] {
    if (!Array.isArray(value) || value.length === 0) this.fail(pointer, 'it must be a list that is not empty');
    return value.map((each: unknown, index) => this.at(each, `${pointer}/${index}`));
  }

  /** @throws ChatstreamError `invalid_request` for a value that is not an object of schemas */
  map(value: unknown, pointer: string): ReadonlyMap<string, Located> {
    if (!isRecord(value) || Array.isArray(value)) this.fail(pointer, 'it must be an object of schemas');
    const entries = Object.entries(value);
    return new Map(entries.map(([name, each]) => [name, this.at(each, pointer + pointerStep(name))]));
  }

  /**
   * The target of a `$ref`. LiteLLM leaves out its "#" when it turns a schema into a tool: "/$defs/…" is understood as
   * well, if there is something at that place.
   *
   * @throws ChatstreamError `invalid_request` if it is not in this document
   */
  resolve(reference: unknown, pointer: string): Located {
    const match = typeof reference === 'string' ? /^(#|(?=\/))((?:\/.*)?)$/su.exec(reference) : null;
    const path = match === null ? null : pointerIn(match[2] ?? '');
    const value = path === null ? undefined : valueAt(this.root.schema, path);
    if (path !== null && value !== undefined) return this.at(value, path);
    if (match?.[1] === '#') this.fail(pointer, `there is nothing at ${JSON.stringify(reference)}`);
    this.leaveOut(pointer, `only references like "#", "#/$defs/…" and "#/definitions/…" are supported`);
    return { schema: true, pointer };
  }
}
