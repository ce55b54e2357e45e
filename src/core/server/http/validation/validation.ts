import AjvCompiler from '@fastify/ajv-compiler';
import type { FastifySchemaCompiler } from 'fastify';
import { isRecord } from '../../../base/json.js';

/**
 * Fastify's defaults would turn "1" into 1 and drop unknown parameters; clients should be told of their mistakes.
 * Optimised code would take twice as long to make, and save less than 1 µs of a request's 4.
 */
const customOptions = {
  coerceTypes: false,
  removeAdditional: false,
  useDefaults: false,
  allErrors: false,
  code: { optimize: false },
} as const;

/** Keeps what it has compiled: the routes of several servers have the same schemas. */
const compile = AjvCompiler()({}, { customOptions });

/**
 * Makes validators of requests when they are first needed: all of them together would delay the start by 0.2 s, and most
 * servers need only one or two.
 */
export class LazyValidators {
  readonly #pending = new Set<() => void>();

  /** For `setValidatorCompiler`. */
  readonly compiler: FastifySchemaCompiler<unknown> = ({ schema }) => {
    let made: ReturnType<typeof compile> | null = null;
    const make = (): ReturnType<typeof compile> => {
      this.#pending.delete(make);
      made ??= compile({ schema: isRecord(schema) ? schema : {} });
      return made;
    };
    this.#pending.add(make);
    const validate: ReturnType<FastifySchemaCompiler<unknown>> = (data) => {
      const validator = made ?? make();
      const isValid = validator(data) === true;
      validate.errors = validator.errors ?? null;
      return isValid;
    };
    return validate;
  };

  /** Makes the others, one in each iteration of the event loop, so that no request has to wait for its own. */
  prepare(): void {
    const [next] = this.#pending;
    if (next === undefined) return;
    setImmediate(() => {
      next();
      this.prepare();
    });
  }
}
