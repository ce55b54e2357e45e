import type { JsonRules } from '../../grammar/json-rules.js';
import type { RuleItem, Sequence } from '../../grammar/rules.js';

/** A list whose first items have schemas of their own. */
export interface Tuple {
  readonly prefix: readonly Sequence[];
  readonly rest: Sequence;
  readonly min: number;
  readonly max: number;
}

/** All items of the prefix are present, as far as `max` allows. */
export function tupleRule(json: JsonRules, { prefix, rest, min, max }: Tuple): RuleItem {
  const { builder, comma, gap } = json;
  const [first, ...others] = prefix.slice(0, max);
  if (first === undefined) return json.array(rest, min, max);
  const given = others.length + 1;
  const more = max > prefix.length ? builder.repeat([...comma, ...rest], Math.max(0, min - given), max - given) : [];
  const items = [...first, ...others.flatMap((item) => [...comma, ...item]), ...more];
  return builder.rule([[...builder.literal('['), gap, ...items, gap, ...builder.literal(']')]]);
}

/** Up to this many values may come in any order; more of them only in the order of the schema. */
const mostInAnyOrder = 6;

/** Largest number of values of a set, because the rules grow with the square of it. */
export const mostInSet = 40;

/** A list of different values: `min` to `max` of these. */
export function setRule(json: JsonRules, values: readonly Sequence[], min: number, max: number): RuleItem {
  const { builder, comma, gap } = json;
  const anyOrder = values.length <= mostInAnyOrder;
  const rules = new Map<string, RuleItem>();

  /** What may follow, with the indices of the values that are left. */
  const rest = (left: readonly number[], count: number): RuleItem => {
    const key = `${left.join()} ${Math.min(count, max === Infinity ? min : max)}`;
    const known = rules.get(key);
    if (known !== undefined) return known;
    const rule = builder.reserve();
    rules.set(key, rule);
    builder.define(rule, [
      ...(count >= min ? [[gap, ...builder.literal(']')]] : []),
      ...options(left, count).map((option) => [...comma, ...option]),
    ]);
    return rule;
  };

  const options = (left: readonly number[], count: number): readonly Sequence[] => {
    if (count >= max) return [];
    return left.map((index) => {
      const others = left.filter((other) => (anyOrder ? other !== index : other > index));
      return [...(values[index] ?? []), rest(others, count + 1)];
    });
  };

  const all = [...values.keys()];
  const begin = [...builder.literal('['), gap];
  const items = options(all, 0);
  return builder.rule([[...begin, builder.rule([...items, ...(min === 0 ? [builder.literal(']')] : [])])]]);
}
