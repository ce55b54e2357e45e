import { Type } from 'typebox';

export const error = Type.Object({
  error: Type.Object({
    message: Type.String({ description: 'What is wrong and what to do, for people.' }),
    type: Type.String({ description: "OpenAI's coarse kind of error." }),
    param: Type.Union([Type.String(), Type.Null()], { description: 'The parameter that is to blame, if one is.' }),
    code: Type.String({ description: 'To act on, such as queue_full.' }),
  }),
});
