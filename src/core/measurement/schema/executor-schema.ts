import { Type } from 'typebox';

/** Who answered, where a server passes requests on to others and says to whom. */
export const executorsSchema = Type.Array(
  Type.Object({
    name: Type.String(),
    completed: Type.Integer({ minimum: 1 }),
    share: Type.Number({ minimum: 0, maximum: 1, description: 'Of the answers that say who gave them.' }),
  }),
  { description: 'Answers by the server behind the one that was asked, if that says who it was.' },
);
