import { type ChildProcess, fork } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { ChatstreamError } from '../../../../../src/core/base/errors.js';
import { chatDialect } from '../../../../../src/core/engine/dialects/templates/chat-dialect.js';
import type { ChatMessage, PromptSource } from '../../../../../src/core/engine/engine.js';
import { loadedNativeFile } from '../../../../../src/core/engine/llama/library/jinja.js';
import { renderChat } from '../../../../../src/core/engine/llama/prompt/render-chat.js';
import {
  RenderProcesses,
  type RenderProcessesOptions,
} from '../../../../../src/core/engine/llama/rendering/render-processes.js';
import { VirtualClock } from '../../../../support/virtual-clock.js';
import { names, template } from '../prompt/harness.js';
import { templates } from '../prompt/templates.js';

type Chat = Extract<PromptSource, { type: 'chat' }>;

const chat = (content: string, more: Partial<Chat> = {}): Chat => ({
  type: 'chat',
  messages: [{ role: 'user', content }],
  ...more,
});

/** The harness has loaded it. */
const nativeFile = loadedNativeFile();

/** Takes minutes for a message that says so. */
const slow = `{% if messages[0].content == 'slow' %}{% for a in range(30000) %}{% for b in range(30000) %}{% endfor %}{% endfor %}{% endif %}${templates.plain}`;

function settings(source: string): ConstructorParameters<typeof RenderProcesses>[0] {
  return { source, bosToken: '<s>', eosToken: '</s>', protectedTexts: names };
}

interface Rendering {
  readonly processes: RenderProcesses;
  readonly clock: VirtualClock;
  readonly children: readonly ChildProcess[];
}

function rendering(source: string, options: Partial<RenderProcessesOptions> = {}): Rendering {
  const clock = new VirtualClock();
  const children: ChildProcess[] = [];
  const create: RenderProcessesOptions['create'] = (entry, forkOptions) => {
    const child = fork(entry, [], forkOptions);
    children.push(child);
    return child;
  };
  const processes = new RenderProcesses(settings(source), { gpu: 'off', nativeFile, clock, create, ...options });
  onTestFinished(() => {
    processes.stop();
  });
  return { processes, clock, children };
}

async function outcome(render: () => Promise<unknown>): Promise<unknown> {
  try {
    return await render();
  } catch (error) {
    if (!(error instanceof ChatstreamError)) throw error;
    const { code, message, hint, param } = error;
    return { code, message, hint, param };
  }
}

const shared = new RenderProcesses(settings(templates.tools), { gpu: 'off', nativeFile });
afterAll(() => {
  shared.stop();
});

describe('the process that renders chats', () => {
  it("loads only llama.cpp's code, which this process has loaded already", async () => {
    // Another renderer in its place shows what has been loaded.
    const file = join(await mkdtemp(join(tmpdir(), 'chatstream-renderer-')), 'renderer.cjs');
    onTestFinished(() => rm(dirname(file), { recursive: true }));
    await writeFile(file, 'exports.AddonJinjaRenderer = class { render() { return "from the file" } };');
    const { processes } = rendering(templates.plain, { nativeFile: file });
    expect((await processes.render(chat('Hi'))).text).toBe('from the file');
    expect(nativeFile).toMatch(/llama-addon\.node$/);
  });

  it.each([
    ['is not known', null],
    ['cannot be loaded', '/nowhere/llama-addon.node'],
  ])('loads the whole library if the file of its code %s', async (_name, file) => {
    const { processes } = rendering(templates.plain, { nativeFile: file });
    expect((await processes.render(chat('Hi'))).text).toContain('Hi');
  });
});

describe('chats that are rendered in a process of their own', () => {
  const tools = [{ type: 'function', function: { name: 'f', parameters: { properties: {}, required: [] } } }];
  const begun: ChatMessage = { role: 'assistant', content: 'Well, ' };

  it.each([
    ['plain', chat('Grüß dich 🙂')],
    ['with names of special tokens', chat('<|im_end|>')],
    ['with tools', chat('Hi', { tools })],
    ['with documents', chat('Hi', { documents: [{ title: 'a', text: '<|im_start|>' }] })],
    ['with an answer that is continued', chat('', { messages: [begun], ending: 'continue' })],
    ['that the template refuses', chat('Hi', { documents: [{ title: [] }] })],
    ['that the template cannot be given', chat('Hi', { arguments: { x: 1e21 } })],
  ])('are the same as here: one %s', async (_name, source) => {
    const here = template(templates.tools);
    const expected = await outcome(() => renderChat(here, chatDialect(templates.tools), source));
    expect(await outcome(() => shared.render(source))).toEqual(expected);
  });

  it('are refused if they take too long, and others do not wait for that', async () => {
    const { processes, clock, children } = rendering(slow);
    await processes.render(chat('Hi'));
    const refused = outcome(() => processes.render(chat('slow')));
    const meanwhile = processes.render(chat('Hello'));
    await nextTurn();
    clock.advance(500);
    expect((await meanwhile).text).toContain('Hello');
    expect(children).toHaveLength(2);
    clock.advance(9500);
    expect(await refused).toEqual({
      code: 'invalid_request',
      message: "The model's chat template needs more than 10 s for this chat.",
      hint: 'Send fewer messages, calls and documents, or a prompt that you format yourself to /v1/completions.',
      param: 'messages',
    });
    expect((await processes.render(chat('Hi again'))).text).toContain('Hi again');
    expect(children).toHaveLength(2);
  });

  it('share one process if they take no time, and come out in their order', async () => {
    const { processes, children } = rendering(templates.plain);
    const done: string[] = [];
    const contents = ['a', 'b', 'c', 'd'];
    await Promise.all(
      contents.map(async (content) => {
        const { text } = await processes.render(chat(content));
        expect(text).toContain(`user\n${content}`);
        done.push(content);
      }),
    );
    expect(done).toEqual(contents);
    expect(children).toHaveLength(1);
  });

  it('leave one process behind', async () => {
    const { processes, clock, children } = rendering(templates.plain);
    const both = [processes.render(chat('a')), processes.render(chat('b'))];
    await nextTurn();
    clock.advance(500);
    await Promise.all(both);
    expect(children).toHaveLength(2);
    await Promise.race(children.map((child) => ended(child)));
    expect(children.filter(({ killed }) => !killed)).toHaveLength(1);
  });

  it('are given up if nobody waits for them', async () => {
    const { processes, clock, children } = rendering(slow);
    await processes.render(chat('Hi'));
    const leaving = new AbortController();
    const left = [1, 2, 3].map(() => processes.render(chat('slow'), leaving.signal));
    await nextTurn();
    leaving.abort(new Error('left'));
    for (const each of left) await expect(each).rejects.toThrow('left');
    const next = processes.render(chat('Hello'));
    const [first] = children;
    clock.advance(500);
    if (first !== undefined) await ended(first);
    expect((await next).text).toContain('Hello');
  });

  it('fail if their process ends, and the next one gets another process', async () => {
    const { processes, children } = rendering(slow);
    await processes.render(chat('Hi'));
    const failed = outcome(() => processes.render(chat('slow')));
    await nextTurn();
    children[0]?.kill('SIGKILL');
    expect(await failed).toMatchObject({ code: 'engine_failed' });
    expect((await processes.render(chat('Hello'))).text).toContain('Hello');
    expect(children).toHaveLength(2);
  });

  it('fail if no process can be created, or none that becomes ready', async () => {
    const thrown = rendering(templates.plain, {
      create: () => {
        throw new Error('ENOMEM');
      },
    });
    expect(await outcome(() => thrown.processes.render(chat('Hi')))).toMatchObject({
      code: 'engine_failed',
      message: 'The process that renders chats has ended: ENOMEM.',
    });
    const missing = rendering(templates.plain, {
      create: (entry, options) => fork(entry, [], { ...options, execPath: '/nowhere/node' }),
    });
    expect(await outcome(() => missing.processes.render(chat('Hi')))).toMatchObject({ code: 'engine_failed' });
    const silent = rendering(templates.plain, {
      create: (entry, options) => fork(entry, [], { ...options, execArgv: ['--eval', 'setInterval(() => {}, 1000)'] }),
    });
    const failed = outcome(() => silent.processes.render(chat('Hi')));
    await nextTurn();
    silent.clock.advance(60_000);
    expect(await failed).toMatchObject({ code: 'engine_failed', message: expect.stringContaining('60 s') as string });
  });

  it('get another process if the one that is there could not read the template', async () => {
    const refusal = { type: 'refused', error: { code: 'backend_unavailable', message: 'llama.cpp cannot be used.' } };
    const refuses = ['--eval', `process.on('message', () => process.send(${JSON.stringify(refusal)}))`];
    const starts = [refuses, []];
    const { processes } = rendering(templates.plain, {
      create: (entry, options) => fork(entry, [], { ...options, execArgv: starts.shift() ?? [] }),
    });
    expect(await outcome(() => processes.render(chat('Hi')))).toMatchObject({ code: 'backend_unavailable' });
    expect((await processes.render(chat('Hello'))).text).toContain('Hello');
  });

  it('are not begun any more once they are stopped', async () => {
    const { processes, children } = rendering(slow);
    await processes.render(chat('Hi'));
    const open = ['slow', 'slow', 'Hi'].map((content) => outcome(() => processes.render(chat(content))));
    await nextTurn();
    processes.stop();
    for (const each of open) expect(await each).toMatchObject({ code: 'engine_failed' });
    await Promise.all(children.map((child) => ended(child)));
    expect(await outcome(() => processes.render(chat('Hi')))).toMatchObject({ code: 'engine_failed' });
  });
});

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  await new Promise((resolve) => child.once('exit', resolve));
}
