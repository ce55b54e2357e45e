import { Type } from 'typebox';

/** Which server answered, if a server passes requests on to others and names them. */
export const executorsSchema = Type.Array(
  Type.Object({
    name: Type.String(),
    completed: Type.Integer({ minimum: 1 }),
    share: Type.Number({ minimum: 0, maximum: 1, description: 'Of the answers that say who gave them.' }),
  }),
  { description: 'Answers by the server behind the one that was asked, if that says who it was.' },
);
