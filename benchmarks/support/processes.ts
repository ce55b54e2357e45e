import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';

const children = new Set<ChildProcess>();

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    for (const child of children) child.kill('SIGTERM');
    process.kill(process.pid, signal);
  });
}

/** A process that ends with this one, also if this one is stopped. */
function spawned(...[command, args, options]: Required<Parameters<typeof spawn>>): ChildProcess {
  const child = spawn(command, args, options);
  children.add(child.once('exit', () => children.delete(child)));
  return child;
}

/** A server in a process of its own. */
export interface ServerProcess {
  readonly url: string;
  /** The process itself and its children: chatstream's engine is one. */
  readonly pids: () => number[];
  readonly stop: () => Promise<void>;
}

/** Starts `chatstream serve` as users do, on a free port. @param folder where it was built */
export async function startChatstream(args: readonly string[], folder = process.cwd()): Promise<ServerProcess> {
  const { child, ready } = await start(['serve', '--port', '0', ...args], folder);
  if (!('url' in ready) || typeof ready.url !== 'string') throw new Error(`not ready: ${JSON.stringify(ready)}`);
  return serverProcess(child, ready.url);
}

/** Starts `chatstream node`, which has no URL. */
export async function startNode(args: readonly string[]): Promise<Omit<ServerProcess, 'url'>> {
  const { child } = await start(['node', ...args], process.cwd());
  return serverProcess(child, '');
}

async function start(args: readonly string[], folder: string): Promise<{ child: ChildProcess; ready: object }> {
  const all = ['bin/run.js', ...args, '--json', '--log-level', 'error'];
  const child = spawned(process.execPath, all, { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] });
  const ready: unknown = JSON.parse(await firstLine(child));
  if (typeof ready !== 'object' || ready === null) throw new Error(`not ready: ${JSON.stringify(ready)}`);
  return { child, ready };
}

/** Starts a Node script that prints its URL as its first line. */
export async function startScript(script: string, args: readonly string[] = []): Promise<ServerProcess> {
  const child = spawned(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  return serverProcess(child, await firstLine(child));
}

/** Starts any server and waits until `healthUrl` answers with 200. */
export async function startForeign(
  command: string,
  args: readonly string[],
  url: string,
  healthUrl: string,
): Promise<ServerProcess> {
  const child = spawned(command, args, { stdio: 'ignore' });
  const deadline = performance.now() + 60_000;
  while (performance.now() < deadline && child.exitCode === null) {
    const healthy = await fetch(healthUrl).then(
      (response) => response.ok,
      () => false,
    );
    if (healthy) return serverProcess(child, url);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  child.kill('SIGKILL');
  throw new Error(`${command} did not become healthy at ${healthUrl}`);
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** What both servers are started with. */
export interface ServerSize {
  readonly slots: number;
  readonly contextPerSlot: number;
  readonly threads: string;
  /** Layers on the GPU; 0 if left out. */
  readonly gpuLayers?: number;
}

/** Starts llama-server with its defaults. */
export async function startLlamaServer(
  binary: string,
  model: string,
  { slots, contextPerSlot, threads, gpuLayers = 0 }: ServerSize,
): Promise<ServerProcess> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const size = ['-np', String(slots), '-c', String(slots * contextPerSlot), '-t', threads, '-tb', threads];
  const args = ['-m', model, '--host', '127.0.0.1', '--port', String(port), '-ngl', String(gpuLayers), ...size];
  return await startForeign(binary, args, url, `${url}/health`);
}

function serverProcess(child: ChildProcess, url: string): ServerProcess {
  const { pid } = child;
  if (pid === undefined) throw new Error('the process did not start');
  const stop = async (): Promise<void> => {
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    const deadline = setTimeout(() => child.kill('SIGKILL'), 10_000);
    await exited;
    clearTimeout(deadline);
  };
  return { url, pids: () => [pid, ...childrenOf(pid)], stop };
}

async function firstLine(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('stdout is not a pipe');
  const lines = createInterface({ input: child.stdout });
  for await (const line of lines) return line;
  throw new Error('the process ended before it was ready');
}

/** CPU time that processes have used, in milliseconds: user and system. Linux only. */
export function cpuMs(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + cpuMsOf(pid), 0);
}

/** Resident memory of one process in bytes. Linux only. */
export function residentBytes(pid: number): number {
  const kibibytes = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kibibytes) * 1024;
}

/** Linux counts in hundredths of a second on every platform that runs Node. */
const msPerTick = 10;

function cpuMsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The second field is the command's name in brackets and may contain anything; utime and stime are fields 14 and 15.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * msPerTick;
}

function childrenOf(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return children === '' ? [] : children.split(' ').map(Number);
}
