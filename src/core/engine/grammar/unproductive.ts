import type { Alternatives, GrammarBuilder, RuleItem, Sequence } from './rules.js';

export function isProductive(sequence: Sequence, unproductive: ReadonlySet<number>): boolean {
  return sequence.every((item) => item.type === 'chars' || !unproductive.has(item.rule));
}

/**
 * The rules that cannot produce any text, because each alternative needs another one of them, or itself.
 *
 * @param rules the rules to check, which need no others. By default all rules
 */
export function unproductiveRules(
  builder: GrammarBuilder,
  rules: Iterable<number> = Array.from({ length: builder.size }, (_, rule) => rule),
): ReadonlySet<number> {
  const unproductive = new Set<number>();
  /** Alternatives, by each rule in them. */
  const users = new Map<number, { readonly rule: number; missing: number }[]>();
  const open: number[] = [];
  for (const rule of rules) {
    unproductive.add(rule);
    if (!builder.isDefined(rule)) continue;
    for (const sequence of builder.alternativesOf(rule)) {
      const needed = new Set(sequence.flatMap((item) => (item.type === 'rule' ? [item.rule] : [])));
      if (needed.size === 0) open.push(rule);
      const user = { rule, missing: needed.size };
      for (const other of needed) {
        const known = users.get(other);
        if (known === undefined) users.set(other, [user]);
        else known.push(user);
      }
    }
  }
  for (let rule = open.pop(); rule !== undefined; rule = open.pop()) {
    if (!unproductive.delete(rule)) continue;
    for (const user of users.get(rule) ?? []) {
      user.missing -= 1;
      if (user.missing === 0) open.push(user.rule);
    }
  }
  builder.budget.spend(unproductive.size);
  return unproductive;
}

/** Whether a rule cannot produce any text. All rules that it needs must be there already. */
export function isNothing(builder: GrammarBuilder, { rule: root }: RuleItem): boolean {
  const needed = new Set([root]);
  // A set also iterates over values that are added meanwhile.
  for (const rule of needed) {
    if (!builder.isDefined(rule)) continue;
    for (const item of builder.alternativesOf(rule).flat()) if (item.type === 'rule') needed.add(item.rule);
  }
  return unproductiveRules(builder, needed).has(root);
}

/**
 * Why a rule cannot produce any text: the error of the innermost part of a schema that it needs and that allows
 * nothing; null if it was not made from a schema.
 */
export function problemOfNothing(builder: GrammarBuilder, root: RuleItem): Error | null {
  const unproductive = unproductiveRules(builder);
  const isDead = (item: Sequence[number]): item is RuleItem => item.type === 'rule' && unproductive.has(item.rule);
  const entered = new Set<RuleItem>();
  let problem: (() => Error) | null = null;
  for (let rule: RuleItem | undefined = root; rule !== undefined && !entered.has(rule);) {
    entered.add(rule);
    problem = builder.problems.get(rule.rule) ?? problem;
    const alternatives: Alternatives = builder.isDefined(rule.rule) ? builder.alternativesOf(rule.rule) : [];
    // Of the properties that may come next, the last one is the required one.
    rule = alternatives.at(-1)?.find(isDead);
  }
  return problem === null ? null : problem();
}
