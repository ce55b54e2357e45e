import { Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { type Answer, jsonOf } from './http.js';

const failure = Compile(Type.Object({ error: Type.Object({ message: Type.String() }) }));

/** Why a server did not do what it was asked, in its own words if possible. */
export function rejectionText(answer: Pick<Answer, 'status' | 'text'>): string {
  const json = jsonOf(answer);
  return failure.Check(json) ? json.error.message : `HTTP ${answer.status}.`;
}
