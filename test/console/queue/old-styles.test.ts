import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const folder = join(import.meta.dirname, '../../../console/src/queue');

interface Rule {
  readonly selectors: readonly string[];
  readonly body: string;
}

const rules = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.css'))
  .flatMap((file) => [...readFileSync(join(folder, file), 'utf8').matchAll(/([^{}]+)\{([^{}]*)\}/g)])
  .map(([, selectors = '', body = '']): Rule => {
    const plain = selectors.replaceAll(/\/\*.*?\*\//gs, '');
    return { selectors: plain.split(',').map((each) => each.trim()), body };
  });

function selectorsWith(declaration: RegExp): readonly string[] {
  return rules.filter(({ body }) => declaration.test(body)).flatMap(({ selectors }) => selectors);
}

it('what moves in the queue stands still while it is old, in pseudo-elements as well and whatever comes later', () => {
  const moving = selectorsWith(/\banimation: (?!none)/);
  const pausing = selectorsWith(/animation-play-state: paused/);
  expect(moving).not.toEqual([]);
  for (const selector of moving) {
    const [pseudo = ''] = /::\w+$/.exec(selector) ?? [];
    expect(pausing).toContain(`.queue-stage.queue-old *${pseudo}`);
  }
});
