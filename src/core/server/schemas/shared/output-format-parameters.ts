import { Type } from 'typebox';
import { optional } from './optional.js';

const schema = Type.Record(Type.String(), Type.Unknown());

/** vLLM and SGLang also take a schema as JSON text. */
const schemaOrText = Type.Union([schema, Type.String()]);
const choice = Type.Array(Type.String({ minLength: 1 }), { minItems: 1, description: 'One of these texts.' });
const regex = Type.String({ description: 'A regular expression that the whole answer matches.' });
const gbnf = Type.String({ description: 'A grammar in GBNF.' });

/** The ways in which clients of different servers ask for a format of the answer. */
export const outputFormatParameters = {
  response_format: optional(
    // Not a union by type: a mistake in one form would be reported as one in another.
    Type.Object({
      type: Type.Enum(['text', 'json_object', 'json_schema']),
      json_schema: optional(Type.Object({ name: optional(Type.String()), schema, strict: optional(Type.Boolean()) })),
      schema: optional(schema),
    }),
  ),
  json_schema: optional(schemaOrText),
  format: optional(Type.Union([Type.Enum(['json', '']), schema], { description: '"json" or a JSON schema.' })),
  grammar: optional(gbnf),
  ebnf: optional(gbnf),
  regex: optional(regex),
  structured_outputs: optional(
    Type.Object({
      json: optional(schemaOrText),
      json_object: optional(Type.Boolean()),
      choice: optional(choice),
      regex: optional(regex),
      grammar: optional(gbnf),
    }),
  ),
  guided_json: optional(schemaOrText),
  guided_choice: optional(choice),
  guided_regex: optional(regex),
  guided_grammar: optional(gbnf),
};
