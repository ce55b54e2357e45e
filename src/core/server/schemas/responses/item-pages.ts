import { Type } from 'typebox';

/** The number of items on a page of a list if the client does not specify it. */
export const defaultPage = { limit: 20, order: 'desc' } as const;

/** The query of every list of items. Values of a query are texts. */
export const itemPage = Type.Object({
  limit: Type.Optional(Type.String({ pattern: '^([1-9][0-9]?|100)$', description: '1 to 100; 20 by default.' })),
  order: Type.Optional(Type.Enum(['asc', 'desc'], { description: 'desc, the default, begins with the last item.' })),
  after: Type.Optional(Type.String({ description: 'The id of the item before the first one.' })),
});

export type ItemPage = Type.Static<typeof itemPage>;
