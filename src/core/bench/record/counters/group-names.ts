/** Turns beyond this one are counted together with it, because there are few of them, and they behave alike. */
export const mostTurns = 8;

const none: readonly string[] = [];

/** The groups of a request; none if it stands alone. */
export function groupsOf({
  number,
  tenant,
}: {
  readonly number?: number;
  readonly tenant?: number;
}): readonly string[] {
  if (number === undefined && tenant === undefined) return none;
  return [
    ...(number === undefined ? none : [turnGroup(Math.min(number, mostTurns))]),
    ...(tenant === undefined ? none : [tenantGroup(tenant)]),
  ];
}

export function turnGroup(turn: number): string {
  return `turn ${turn}`;
}

/** @param stage its number, from 0 */
export function stageGroup(stage: number): string {
  return `stage ${stage}`;
}

/** @param tenant its number, from 0 */
export function tenantGroup(tenant: number): string {
  return `tenant ${tenant}`;
}
