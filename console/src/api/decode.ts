/** Turns what the server sent, which may be anything, into a value of a known type, or throws a {@link DecodeError}. */
export type Decoder<Value> = (value: unknown) => Value;

export type Decoded<D> = D extends Decoder<infer Value> ? Value : never;

export class DecodeError extends Error {
  override name = 'DecodeError';
}

function expected<Value>(what: string, is: (value: unknown) => value is Value): Decoder<Value> {
  return (value) => {
    if (is(value)) return value;
    throw new DecodeError(`expected ${what}, got ${JSON.stringify(value)}`);
  };
}

export const number = expected('a number', (value) => typeof value === 'number');
export const string = expected('a string', (value) => typeof value === 'string');
export const boolean = expected('true or false', (value) => typeof value === 'boolean');
const record = expected('an object', isRecord);
const list = expected('a list', (value): value is readonly unknown[] => Array.isArray(value));

export function array<Item>(item: Decoder<Item>): Decoder<readonly Item[]> {
  return (value) => list(value).map(item);
}

export function nullable<Value>(inner: Decoder<Value>): Decoder<Value | null> {
  return (value) => (value === null ? null : inner(value));
}

/** A field that a server of another version may not send. */
export function optional<Value, Default>(inner: Decoder<Value>, otherwise: Default): Decoder<Value | Default> {
  return (value) => (value === undefined ? otherwise : inner(value));
}

/** Fields that aren't named are dropped. */
export function object<Fields extends Readonly<Record<string, Decoder<unknown>>>>(
  fields: Fields,
): Decoder<{ readonly [Name in keyof Fields]: Decoded<Fields[Name]> }>;
export function object(fields: Readonly<Record<string, Decoder<unknown>>>): Decoder<Readonly<Record<string, unknown>>> {
  return (value) => {
    const source = record(value);
    return Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, at(name, field, source[name])]));
  };
}

/** Only those of the named fields that were sent. */
export function partial<Fields extends Readonly<Record<string, Decoder<unknown>>>>(
  fields: Fields,
): Decoder<{ readonly [Name in keyof Fields]?: Decoded<Fields[Name]> }>;
export function partial(
  fields: Readonly<Record<string, Decoder<unknown>>>,
): Decoder<Readonly<Record<string, unknown>>> {
  return (value) => {
    const source = record(value);
    const sent = Object.entries(fields).filter(([name]) => source[name] !== undefined);
    return Object.fromEntries(sent.map(([name, field]) => [name, at(name, field, source[name])]));
  };
}

function at(name: string, field: Decoder<unknown>, value: unknown): unknown {
  try {
    return field(value);
  } catch (error) {
    if (error instanceof DecodeError) throw new DecodeError(`${name}: ${error.message}`);
    throw error;
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
