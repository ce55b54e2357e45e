import { isRecord } from '../../../base/json.js';
import type { Located, Places, SchemaObject } from './located.js';

/** An inclusive or exclusive bound of a number. */
export interface Bound {
  readonly value: number;
  readonly exclusive: boolean;
}

/** A schema's own keywords about objects. */
export interface ObjectSource {
  readonly pointer: string;
  readonly properties: ReadonlyMap<string, Located>;
  readonly patternProperties: ReadonlyMap<string, Located>;
  readonly additional: Located | null;
}

/** A schema's own keywords about arrays. */
export interface ArraySource {
  readonly prefix: readonly Located[];
  readonly items: Located | null;
}

/** Reads the keywords of one schema. All methods throw `invalid_request` for an invalid value of the keyword. */
export class Keywords {
  readonly #schema: SchemaObject;
  readonly #pointer: string;
  readonly #places: Places;

  constructor(schema: SchemaObject, pointer: string, places: Places) {
    this.#schema = schema;
    this.#pointer = pointer;
    this.#places = places;
  }

  refuse(keywords: readonly string[]): void {
    for (const keyword of keywords) {
      if (this.#value(keyword) === undefined) continue;
      this.#places.leaveOut(`${this.#pointer}/${keyword}`, `"${keyword}" is not supported`);
    }
  }

  types(known: readonly string[]): ReadonlySet<string> | null {
    const type = this.#value('type');
    if (type === undefined) return null;
    const types: readonly unknown[] = Array.isArray(type) ? type : [type];
    if (types.length === 0) this.#fail('type', 'a list of types must not be empty');
    const unknown = types.find((each) => typeof each !== 'string' || !known.includes(each));
    if (unknown !== undefined) this.#fail('type', `the type ${JSON.stringify(unknown)} is unknown`);
    return new Set([...types.map(String), ...(this.isNullable ? ['null'] : [])]);
  }

  /** The values of `enum` and `const`. */
  values(): readonly unknown[] | null {
    const listed = this.#value('enum');
    if (listed !== undefined && (!Array.isArray(listed) || listed.length === 0)) {
      this.#fail('enum', 'it must be a list that is not empty');
    }
    const all = this.#orNull(Array.isArray(listed) ? listed : null);
    if (!Object.hasOwn(this.#schema, 'const')) return all;
    const constant = this.#schema['const'];
    return this.#orNull(all === null || all.some((value) => equalJson(value, constant)) ? [constant] : []);
  }

  /** Whether null is allowed too, as in OpenAPI 3.0. */
  get isNullable(): boolean {
    return this.#value('nullable') === true;
  }

  #orNull(values: readonly unknown[] | null): readonly unknown[] | null {
    return values === null || !this.isNullable || values.includes(null) ? values : [...values, null];
  }

  lowerBounds(): readonly Bound[] {
    return this.#bounds('minimum', 'exclusiveMinimum');
  }

  upperBounds(): readonly Bound[] {
    return this.#bounds('maximum', 'exclusiveMaximum');
  }

  multipleOf(): number | null {
    const value = this.#number('multipleOf');
    if (value !== null && value <= 0) this.#fail('multipleOf', 'it must be above 0');
    return value;
  }

  /** A whole number of 0 or more. */
  count(keyword: string): number | null {
    const value = this.#value(keyword);
    if (value === undefined) return null;
    if (typeof value === 'number' && Number.isInteger(value) && value >= 0) return value;
    return this.#fail(keyword, 'it must be a whole number of 0 or more');
  }

  text(keyword: string): string | null {
    const value = this.#value(keyword);
    if (value === undefined || typeof value === 'string') return value ?? null;
    return this.#fail(keyword, 'it must be a string');
  }

  required(): readonly string[] {
    const value = this.#value('required');
    if (value === undefined) return [];
    if (Array.isArray(value)) {
      const names = value.filter((name) => typeof name === 'string');
      if (names.length === value.length) return names;
    }
    return this.#fail('required', 'it must be a list of names');
  }

  arraySource(): ArraySource | null {
    const [items, prefixItems, additional] = ['items', 'prefixItems', 'additionalItems'].map((key) => this.#value(key));
    if (items === undefined && prefixItems === undefined) return null;
    // Before draft 2020-12, a tuple was a list in `items`, with `additionalItems` for the rest.
    const asList = Array.isArray(items);
    const prefixKeyword = asList ? 'items' : 'prefixItems';
    const prefix = asList ? items : prefixItems;
    const restKeyword = asList ? 'additionalItems' : 'items';
    const rest = asList ? additional : items;
    return {
      prefix:
        prefix === undefined || isEmptyList(prefix)
          ? []
          : this.#places.list(prefix, `${this.#pointer}/${prefixKeyword}`),
      items: rest === undefined ? null : this.#places.at(rest, `${this.#pointer}/${restKeyword}`),
    };
  }

  objectSource(): ObjectSource | null {
    const map = (keyword: string): ReadonlyMap<string, Located> => {
      const value = this.#value(keyword);
      return value === undefined ? new Map() : this.#places.map(value, `${this.#pointer}/${keyword}`);
    };
    const additional = this.#value('additionalProperties');
    const source = {
      pointer: this.#pointer,
      properties: map('properties'),
      patternProperties: map('patternProperties'),
      additional:
        additional === undefined ? null : this.#places.at(additional, `${this.#pointer}/additionalProperties`),
    };
    const isEmpty = source.properties.size === 0 && source.patternProperties.size === 0 && source.additional === null;
    return isEmpty ? null : source;
  }

  /** A maximum below its minimum is more likely a mistake than a schema that is meant to allow nothing. */
  checkOrder(): void {
    for (const [min, max] of [
      ['minLength', 'maxLength'],
      ['minItems', 'maxItems'],
      ['minProperties', 'maxProperties'],
      ['minimum', 'maximum'],
    ] as const) {
      const [least, most] = [this.#value(min), this.#value(max)];
      if (typeof least === 'number' && typeof most === 'number' && most < least) {
        this.#fail(max, `${max} is less than ${min}`);
      }
    }
  }

  #bounds(keyword: string, exclusiveKeyword: string): readonly Bound[] {
    const value = this.#number(keyword);
    // Up to draft 4, an exclusive bound was a boolean beside the bound.
    const isFlag = typeof this.#value(exclusiveKeyword) === 'boolean';
    const exclusive = isFlag ? null : this.#number(exclusiveKeyword);
    return [
      ...(value === null ? [] : [{ value, exclusive: this.#value(exclusiveKeyword) === true }]),
      ...(exclusive === null ? [] : [{ value: exclusive, exclusive: true }]),
    ];
  }

  #number(keyword: string): number | null {
    const value = this.#value(keyword);
    if (value === undefined) return null;
    if (typeof value === 'number' && Number.isFinite(value)) return value;
    return this.#fail(keyword, 'it must be a number');
  }

  #value(keyword: string): unknown {
    return Object.hasOwn(this.#schema, keyword) ? this.#schema[keyword] : undefined;
  }

  #fail(keyword: string, problem: string): never {
    return this.#places.fail(`${this.#pointer}/${keyword}`, problem);
  }
}

/** Zod writes one for a tuple without items. */
export function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

/** Whether two JSON values are the same, whatever the order of their members. */
export function equalJson(left: unknown, right: unknown): boolean {
  if (!isRecord(left) || !isRecord(right)) return left === right;
  if (Array.isArray(left) !== Array.isArray(right)) return false;
  const keys = Object.keys(left);
  if (keys.length !== Object.keys(right).length) return false;
  return keys.every((key) => Object.hasOwn(right, key) && equalJson(left[key], right[key]));
}
