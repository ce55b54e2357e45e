import { schemaProblem } from '../../format/schema/problems.js';
import { charsOf } from '../../grammar/char-set.js';
import type { JsonRules } from '../../grammar/json-rules.js';
import type { GrammarBuilder, Sequence } from '../../grammar/rules.js';
import type { AnswerParts } from '../answer.js';
import type { CallableTool, CallGrammar, CallSyntax } from '../dialect.js';
import type { Feed, Reading } from '../feed.js';
import { looseSpace } from './json/json-calls.js';
import { inOrder, refuseIfStrict } from './parameters/parameter-rules.js';
import { PythonRules } from './python-rules.js';
import { ObjectWriter } from './values/json-writing.js';
import { looseValue, pythonQuotes } from './values/loose-values.js';

/** Calls in Python syntax, with Python literals as values. */
export interface PythonCallsOptions {
  readonly name: string;
  readonly begin: string;
  readonly end: string;
  /** How several calls are written: as a Python list, or each on a separate line. */
  readonly layout: 'list' | 'lines';
}

/** Lists and lines are read in any case; `layout` is what the grammar allows. */
export function pythonCalls(options: PythonCallsOptions): CallSyntax {
  const { name, begin, end } = options;
  return {
    name,
    marks: [begin, end],
    begins: [{ text: begin, atStart: false }],
    *read(feed, parts) {
      yield* feed.space();
      const isList = yield* feed.literal('[');
      let hasCalls = false;
      do {
        const isCall = yield* feed.attempt(function* () {
          return (yield* readCall(feed, parts)) ? true : null;
        });
        if (isCall === null && (isList || !hasCalls)) return hasCalls;
        if (isCall === null) break;
        hasCalls = true;
        yield* feed.space();
      } while ((yield* feed.literal(',')) || !isList);
      for (const mark of [']', end]) {
        yield* feed.space();
        yield* feed.literal(mark);
      }
      return true;
    },
    notation: ({ builder }) => new PythonRules(builder),
    rules: (grammar) => [{ text: begin, atStart: false, then: callsRule(grammar, options) }],
  };
}

function callsRule({ json, tools, isParallel }: CallGrammar, { layout, end }: PythonCallsOptions): Sequence {
  const { builder, comma } = json;
  const gap = looseSpace(builder);
  const call = builder.rule(tools.map((tool) => callRule(json, tool)));
  const more = (between: Sequence): Sequence => (isParallel ? builder.repeat([...between, call], 0, Infinity) : []);
  const close = [gap, ...builder.literal(end)];
  switch (layout) {
    case 'list':
      return [gap, ...builder.literal('['), call, ...more(comma), ...builder.literal(']'), ...close];
    case 'lines':
      return [gap, call, ...more(builder.literal('\n')), ...close];
  }
}

function* readCall(feed: Feed, parts: AnswerParts): Reading<boolean> {
  yield* feed.space();
  const name = yield* feed.oneOf([...parts.tools.keys()]);
  if (name === null || !(yield* feed.literal('('))) return false;
  let key = yield* argumentName(feed);
  yield* feed.space();
  if (key === null && (yield* feed.peek()) !== ')') return false;
  const object = new ObjectWriter(parts.call(name));
  while (key !== null) {
    if (!(yield* looseValue(feed, object.member(key), pythonQuotes))) return true;
    yield* feed.space();
    key = (yield* feed.literal(',')) ? yield* argumentName(feed) : null;
  }
  yield* feed.space();
  // A call that was cut off stays incomplete; one that continues in another way ends here.
  if ((yield* feed.literal(')')) || (yield* feed.peek()) !== null) object.end();
  return true;
}

/** The name of an argument and its equals sign; null if something else follows. */
function* argumentName(feed: Feed): Reading<string | null> {
  return yield* feed.attempt(function* () {
    let name = '';
    yield* feed.space();
    yield* feed.while(/[^\s=,()[\]'"]/, (piece) => {
      name += piece;
    });
    yield* feed.space();
    return name !== '' && (yield* feed.literal('=')) ? name : null;
  });
}

function callRule(json: JsonRules, { tool, properties }: CallableTool): Sequence {
  const { builder, comma } = json;
  const close = builder.literal(')');
  const open = builder.literal(`${tool.name}(`);
  const special = properties?.find(({ name }) => !/^[^\s=,()[\]'"]+$/.test(name));
  if (properties !== null && special === undefined) {
    const write = ({ name, value }: (typeof properties)[number]): Sequence => [...builder.literal(`${name}=`), value()];
    return [...open, inOrder(builder, properties, { write, separator: comma, end: close })];
  }
  if (special !== undefined && tool.isStrict) {
    const problem = `the model cannot write the name ${JSON.stringify(special.name)} of a parameter of "${tool.name}"`;
    throw schemaProblem(builder.budget.subject, '', problem);
  }
  refuseIfStrict({ tool, properties }, builder);
  const argument = builder.rule([[...freeName(builder), ...builder.literal('='), json.value]]);
  const several: Sequence = [argument, ...builder.repeat([...comma, argument], 0, Infinity)];
  return [...open, builder.optional(several), ...close];
}

function freeName(builder: GrammarBuilder): Sequence {
  const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_';
  return [builder.chars(charsOf(letters)), ...builder.repeat([builder.chars(charsOf(`${letters}0123456789`))], 0, 63)];
}
