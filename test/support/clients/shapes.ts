import { z } from 'zod';

/** Arguments of the tools that the clients offer. */
export const city = z.object({ city: z.enum(['Oslo', 'Osaka', 'Quito']) });
export const sum = z.object({ a: z.number().int(), b: z.number().int().min(0).max(99) });

/**
 * Arguments that take a model long to write: with {@link essayTokens}, over a second even for the bundled one, so that a client that
 * leaves does so in the middle, even if it is held up.
 */
export const essay = z.object({ text: z.string().min(9000).max(10_000) });

/** As many as the contexts of the tests have room for. */
export const essayTokens = 3000;

/**
 * What people ask for: enums, nested objects, lists, integers, dates, tagged unions, null. Strings and lists are bounded,
 * so that a model that only rambles comes to an end.
 */
export const report = z.object({
  title: z.string().min(1).max(20),
  mood: z.enum(['calm', 'stormy']),
  windy: z.boolean(),
  degrees: z.number().int().min(-40).max(50),
  humidity: z.number().min(0).max(1),
  day: z.iso.date(),
  places: z
    .array(z.object({ name: z.string().max(12), visited: z.boolean() }))
    .min(1)
    .max(2),
  note: z.string().max(12).nullable(),
  source: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('person'), email: z.email().max(40) }),
    z.object({ kind: z.literal('station'), number: z.number().int().positive() }),
  ]),
});

/** The same with what OpenAI's strict mode has no place for: optional properties, defaults, records and tuples. */
export const looseReport = report.extend({
  place: z.tuple([z.number().min(-90).max(90), z.number().min(-180).max(180)]),
  unit: z.enum(['C', 'F']).default('C'),
  readings: z.record(z.enum(['am', 'pm']), z.number().min(0).max(9)),
  tag: z.string().max(8).optional(),
});

/** For where the prompt contains the schema, which makes it long. */
export const brief = report.pick({ mood: true, degrees: true, note: true });

/** The value of a call's arguments, which come as JSON. */
export function parsed<T extends z.ZodType>(shape: T, json: string | undefined): z.infer<T> {
  return shape.parse(JSON.parse(json ?? ''));
}
