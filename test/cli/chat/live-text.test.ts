import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { showLiveText } from '../../../src/cli/chat/live-text.js';

/** A terminal that knows what live text writes. What scrolls out of its window stays as it was. */
class Screen {
  readonly lines: string[] = [''];
  #row = 0;
  #column = 0;

  constructor(readonly rows: number) {}

  write(text: string): boolean {
    for (const part of text.match(/\p{Cc}\[\d*[A-Z]|[^]/gu) ?? []) this.#take(part);
    return true;
  }

  #take(part: string): void {
    if (part === '\n') {
      this.#row += 1;
      this.#column = 0;
      if (this.#row === this.lines.length) this.lines.push('');
    } else if (part === '\r') this.#column = 0;
    else if (part.endsWith('A')) {
      const top = Math.max(0, this.lines.length - this.rows);
      this.#row = Math.max(top, this.#row - Number(part.slice(2, -1)));
    } else if (part.endsWith('J')) {
      this.lines.length = this.#row + 1;
      this.lines[this.#row] = this.#text().slice(0, this.#column);
    } else {
      this.lines[this.#row] = this.#text().slice(0, this.#column) + part + this.#text().slice(this.#column + 1);
      this.#column += 1;
    }
  }

  #text(): string {
    return this.lines[this.#row] ?? '';
  }
}

const picture = fc.array(fc.constantFrom('', 'a', 'ab', 'abc', 'x'), { maxLength: 6 });

describe('live text', () => {
  it('is what was shown last, whatever was shown before', () => {
    fc.assert(
      fc.property(fc.array(picture, { minLength: 1, maxLength: 6 }), (pictures) => {
        const screen = new Screen(30);
        const live = showLiveText(screen);
        for (const lines of pictures) {
          live.show(lines);
          expect(screen.lines.join('\n')).toBe(lines.join('\n'));
        }
      }),
      { endOnFailure: true },
    );
  });

  it('goes on below a window that it is too long for', () => {
    const screen = new Screen(3);
    const live = showLiveText(screen);
    const lines = Array.from({ length: 8 }, (_, index) => `line ${index}`);
    lines.forEach((_, index) => {
      live.show(lines.slice(0, index + 1));
    });
    live.show(['changed', ...lines.slice(1, 7), 'line 7, longer']);
    expect(screen.lines).toEqual([...lines.slice(0, 7), 'line 7, longer']);
  });

  it('writes only what has come to it', () => {
    const written: string[] = [];
    const live = showLiveText({ rows: 24, write: (text: string) => written.push(text) > 0 });
    live.show(['One', 'Tw']);
    live.show(['One', 'Two']);
    live.show(['One', 'Two', '', 'Three']);
    live.close();
    expect(written).toEqual(['One\nTw', 'o', '\n\nThree', '\n']);
  });
});
