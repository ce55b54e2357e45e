import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { bar, sparkline } from '../../../../src/core/report/watch/bars.js';
import { readingJson, readingLine } from '../../../../src/core/report/watch/reading.js';
import { type Picture, screenLines } from '../../../../src/core/report/watch/screen.js';
import { ActivityLog } from '../../../../src/core/watch/activity.js';
import type { QueueView } from '../../../../src/core/watch/queue-view.js';
import { readingAt, type Seen } from '../../watch/readings.js';

const plain = { colour: false, width: 100, height: 24 };

function pictureOf(seen: Seen, message: Picture['message'] = null, selected: string | null = null): Picture {
  const log = new ActivityLog();
  log.add(readingAt(0, { ttft: [0, 0] }));
  const reading = readingAt(2, seen);
  log.add(reading);
  const { activity, course } = log;
  return { url: 'http://gpu1:8000', model: 'parrot', selected, reading, activity, course, message };
}

const busy: Seen = { completed: 4, running: [8, 10, 3, 1], waiting: 12, refused: 2, ttft: [5, 15], engineRestarts: 1 };

describe('the screen', () => {
  it('shows both queues, rates and percentiles', () => {
    const lines = screenLines(pictureOf(busy), plain);
    expect(lines).toHaveLength(24);
    expect(lines.map((line) => line.trimEnd()).join('\n')).toMatchInlineSnapshot(`
      "parrot at http://gpu1:8000
      1 engine restart
      running        4 of 4  ████████████████████   █
      waiting      12 of 64  ████░░░░░░░░░░░░░░░░   █
      tokens/s         11.0  █
      2.00 requests/s · 1.00 refused/s · TTFT p50 400 ms, p95 940 ms · queue wait – · TPOT –

       slot    prompt    output   runs for  request
          0        31         8      1.2 s  chatcmpl-running-0
          1        31        10      1.2 s  chatcmpl-running-1
          2        31         3      1.2 s  chatcmpl-running-2
          3        31         1      1.2 s  chatcmpl-running-3

      position    waited  starts in           request
             1     1.2 s      0.7 s           chatcmpl-waiting-0
             2     1.1 s          –           chatcmpl-waiting-1
             3     1.0 s          –           chatcmpl-waiting-2
             4     0.9 s          –           chatcmpl-waiting-3
             5     0.8 s          –           chatcmpl-waiting-4
             6     0.7 s          –           chatcmpl-waiting-5
             7     0.6 s          –           chatcmpl-waiting-6
             8     0.5 s          –           chatcmpl-waiting-7
          … and 4 more
      q quits · + and - change max-concurrency"
    `);
  });

  it.each([
    { width: 40, height: 12 },
    { width: 100, height: 10 },
    { width: 20, height: 3 },
    { width: 200, height: 60 },
  ])('fits a window of %j', ({ width, height }) => {
    const lines = screenLines(pictureOf(busy, { text: 'x'.repeat(300), isProblem: true }), { ...plain, width, height });
    expect(lines.length).toBeLessThanOrEqual(height);
    expect(Math.max(...lines.map((line) => stringWidth(line)))).toBeLessThanOrEqual(width);
  });

  it('counts the requests that it has no room for', () => {
    const text = screenLines(pictureOf({ running: [1, 1, 1, 1], waiting: 5000 }), plain).join('\n');
    expect(text).toContain('chatcmpl-running-3');
    expect(text).toContain('chatcmpl-waiting-0');
    const [, more = ''] = /… and ([\d,]+) more/.exec(text) ?? [];
    const shown = text.match(/chatcmpl-waiting-/g)?.length ?? 0;
    expect(Number(more.replace(',', '')) + shown).toBe(5000);
  });

  it('says when nothing runs or waits, and that the server drains', () => {
    const text = screenLines(pictureOf({ draining: true }), plain).join('\n');
    expect(text).toContain('nothing runs');
    expect(text).toContain('nothing waits');
    expect(text).toContain('draining: no new requests');
  });

  it('counts the requests of others, which a key with the role user cannot list', () => {
    const seen: Seen = { running: [1], waiting: 0, counts: { running: 4, waiting: 7 } };
    const shown = screenLines(pictureOf(seen), plain).join('\n');
    expect(shown).toContain('running        4 of 4  ████');
    expect(shown).toContain('waiting       7 of 64');
    expect(shown).toContain('chatcmpl-running-0');
    expect(shown).toContain('– none of your requests waits');
    expect(screenLines(pictureOf({ ...seen, running: [] }), plain).join('\n')).toContain(
      '– none of your requests runs',
    );
    const { reading, activity } = pictureOf(seen);
    expect(readingLine(reading, activity, new Date(0))).toContain('4/4 running  7/64 waiting');
    expect(readingJson(reading, activity, new Date(0))).toMatchObject({ running: 4, waiting: 7 });
  });

  it('shows whose requests they are, if the server has keys', () => {
    const text = screenLines(pictureOf({ running: [1], waiting: 1, key: 'a-key-with-a-long-name' }), plain).join('\n');
    expect(text).toContain('runs for  key               request');
    expect(text).toContain('a-key-with-a-lo…  chatcmpl-running-0');
    expect(text).toContain('a-key-with-a-lo…  chatcmpl-waiting-0');
  });

  it('shortens the identifiers of requests where they do not fit', () => {
    const picture = pictureOf(busy);
    const ids = ['0777d0db-124d-4f86-b0f7-b1100adec181', 'f5268b35-24cb-4193-a395-353b4cdb7d5f'];
    const running = picture.reading.queue.running.map((job, slot) => ({
      ...job,
      id: `chatcmpl-${ids[slot % 2] ?? ''}`,
    }));
    const queue = { ...picture.reading.queue, running };
    const textAt = (width: number): string =>
      screenLines({ ...picture, reading: { ...picture.reading, queue } }, { ...plain, width }).join('\n');
    expect(textAt(83)).toContain(`chatcmpl-${ids[0] ?? ''}`);
    expect(textAt(82)).not.toContain('chatcmpl-0777d0');
    expect(textAt(45)).toMatch(/ 1\.2 s {2}0777d0\n.* 1\.2 s {2}f5268b\n/);
  });

  it('ends with a message and the keys', () => {
    const lines = screenLines(pictureOf({}, { text: 'max-concurrency is 3 now.', isProblem: false }), plain);
    expect(lines.slice(-2)).toEqual(['max-concurrency is 3 now.', 'q quits · + and - change max-concurrency']);
  });
});

describe('a front of a cluster', () => {
  const seen: Seen = { running: [1], atNodes: [2, 1] };
  const { reading, activity } = pictureOf(seen);

  it('shows apart how many places of the nodes the requests of all fronts take', () => {
    const shown = screenLines(pictureOf(seen), plain).map((line) => line.trimEnd());
    expect(shown.slice(1, 4)).toEqual([
      expect.stringMatching(/^running {8}1 of 4 {2}█{5}░{15} /),
      'cluster        3 of 4  ███████████████░░░░░',
      expect.stringMatching(/^waiting {7}0 of 64 /),
    ]);
    expect(screenLines(pictureOf({}), plain).join('\n')).not.toContain('cluster');
  });

  it('has no more places than its nodes, whatever the limit is', () => {
    const model = {
      ...{ name: 'm', state: 'loaded', max_concurrency: 8, max_queue: 64 },
      running: 1,
      waiting: 0,
      preparing: 0,
    };
    const models = [
      { ...model, slots: 2 },
      { ...model, name: 'n', state: 'unloaded', slots: 0, running: 0 },
    ];
    const { reading: many, activity: then } = pictureOf({ atNodes: [2], running: [1], models });
    expect(readingLine(many, then, new Date(0))).toContain('1/2 running  2/2 in the cluster');
    const none = { ...reading, queue: { ...reading.queue, slots: 0, max_concurrency: 1, running: [], executors: [] } };
    expect(readingLine(none, activity, new Date(0))).toContain('0/0 running  0/0 in the cluster');
  });

  it('does not say that nothing runs or waits where it knows only of its own requests', () => {
    const text = screenLines(pictureOf({ atNodes: [2, 1] }), plain).join('\n');
    expect(text).toContain('– no request of this front runs');
    expect(text).toContain('– no request of this front waits');
  });

  it('has both counts in a reading as a line, and as JSON', () => {
    const at = new Date(0);
    expect(readingLine(reading, activity, at)).toContain('1/4 running  3/4 in the cluster  0/64 waiting');
    expect(readingJson(reading, activity, at)).toMatchObject({ running: 1, cluster_running: 3 });
    const alone = pictureOf({ running: [1] });
    expect(readingJson(alone.reading, alone.activity, at)).not.toHaveProperty('cluster_running');
  });
});

describe('several models', () => {
  const model = (name: string, more: object = {}): NonNullable<QueueView['models']>[number] => {
    const limits = { max_concurrency: 4, max_queue: 64, slots: 4 };
    return { name, state: 'loaded', ...limits, running: 0, waiting: 0, preparing: 0, ...more };
  };

  it('have a line each, and the keys turn the limit of the selected one', () => {
    const models = [
      model('chat', { running: 2, max_concurrency: 2 }),
      model('code', { state: 'loading', preparing: 3 }),
    ];
    const lines = screenLines(pictureOf({ models, running: [1, 1] }, null, 'code'), plain);
    const shown = lines.map((line) => line.trimEnd());
    expect(shown[0]).toBe('2 models at http://gpu1:8000');
    expect(shown).toContainEqual(expect.stringMatching(/^running {8}2 of 6 /));
    // What waits for a model to be loaded is listed nowhere.
    expect(shown).toContainEqual(expect.stringMatching(/^waiting {6}3 of 128 /));
    expect(shown).toContain('    – 3 wait for a model, or for their prompts');
    const at = shown.findIndex((line) => line.startsWith('  model'));
    expect(shown.slice(at, at + 3)).toEqual([
      '  model                    running       waiting  state',
      '  chat                      2 of 2       0 of 64  loaded',
      '› code                      0 of 4       3 of 64  loading',
    ]);
    expect(shown.at(-1)).toBe('q quits · ↑ and ↓ choose a model · + and - change its max-concurrency');
  });

  it('are shown around the selected one if they are many', () => {
    const models = Array.from({ length: 30 }, (_, index) => model(`model-${index}`));
    const text = screenLines(pictureOf({ models }, null, 'model-20'), { ...plain, height: 40 }).join('\n');
    expect(text).toContain('› model-20');
    expect(text.match(/model-\d+/g)).toHaveLength(8);
    expect(text).toContain('… and 22 more');
  });

  it('are all in a reading as a line, and as JSON', () => {
    const models = [model('chat', { running: 2, waiting: 1 }), model('code', { state: 'loading', preparing: 3 })];
    const { reading, activity, course } = pictureOf({ models, running: [1, 1], waiting: 1 });
    const at = new Date(0);
    expect(readingLine(reading, activity, at)).toContain('2/8 running  4/128 waiting');
    expect(readingLine(reading, activity, at)).toContain(
      'chat 2 running 1 waiting  code (loading) 0 running 3 waiting',
    );
    expect(readingJson(reading, activity, at)).toMatchObject({ running: 2, waiting: 4, models });
    expect(course.waiting).toEqual([0, 4]);
  });

  it('say nothing more of a single one than the reading itself, unless it is not loaded', () => {
    const at = new Date(0);
    const loaded = pictureOf({ models: [model('mock', { running: 1 })], running: [1] });
    expect(readingLine(loaded.reading, loaded.activity, at)).not.toContain('mock');
    expect(readingJson(loaded.reading, loaded.activity, at)).not.toHaveProperty('models');
    const unloaded = pictureOf({ models: [model('mock', { state: 'unloaded' })] });
    expect(readingLine(unloaded.reading, unloaded.activity, at)).toContain('mock (unloaded) 0 running 0 waiting');
  });

  const hostile = 'name\u001b]52;c;aGk=\u0007\u009b2J\u202e\nend';
  const shown = 'name ]52;c;aGk= 2J end';

  it('cannot control the terminal on the screen with what a server has sent', () => {
    const models = [model(hostile, { state: hostile })];
    for (const seen of [{ models }, {}]) {
      const picture = pictureOf({ ...busy, key: hostile, ...seen }, { text: hostile, isProblem: true });
      const { queue } = picture.reading;
      const running = queue.running.map((request) => ({ ...request, id: hostile, model: hostile }));
      const reading = { ...picture.reading, queue: { ...queue, running } };
      const text = screenLines({ ...picture, model: hostile, reading }, { ...plain, height: 60 }).join('');
      expect(text).toContain(shown);
      expect(text).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    }
  });

  it('cannot control it in a line either', () => {
    const { reading, activity } = pictureOf({ models: [model(hostile, { state: hostile })] });
    expect(readingLine(reading, activity, new Date(0))).toContain(`${shown} (${shown}) 0 running`);
  });
});

describe('a bar', () => {
  it('shows what is there at all, and no more than all', () => {
    expect(bar(1, 1000, 10)).toEqual({ filled: '█', empty: '░'.repeat(9) });
    expect(bar(20, 10, 10)).toEqual({ filled: '█'.repeat(10), empty: '' });
    expect(bar(0, 0, 10)).toEqual({ filled: '', empty: '░'.repeat(10) });
  });
});

describe('a sparkline', () => {
  it('shows the latest values, of which the highest fills its row', () => {
    expect(sparkline([9, 0, 1, 4, 8], 4)).toBe(' ▁▄█');
    expect(sparkline([], 10)).toBe('');
    expect(sparkline([1, 2], 0)).toBe('');
  });
});
