import { workerData } from 'node:worker_threads';

/**
 * The thread that ends a process that renders chats soon after its parent has ended (`workerData` is the parent's
 * number), because no event reaches the main thread while it is in native code. On Windows, a process keeps the number
 * of a parent that has ended; there, the system ends both together.
 */
const everyMs = 1000;

setInterval(() => {
  if (process.ppid !== workerData) process.kill(process.pid, 'SIGKILL');
}, everyMs);
