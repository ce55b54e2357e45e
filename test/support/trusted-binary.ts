import childProcess, { type ChildProcess } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { syncBuiltinESMExports } from 'node:module';

/**
 * node-llama-cpp loads its native binary in a child process before it loads it itself, each time that it starts, to see whether it
 * works on this machine. That takes half a second. Here, each process of tests does so once: this replaces the child
 * processes after the first that has succeeded.
 */
let isTrusted = false;

const { fork } = childProcess;

/** Answers as a child in which the binary works. */
class TrustingChild extends EventEmitter {
  exitCode: number | null = null;

  constructor() {
    super();
    setImmediate(() => this.emit('message', { type: 'ready' }));
  }

  send({ type }: { readonly type: 'start' | 'test' | 'exit' }): void {
    setImmediate(() => {
      if (type === 'start') this.emit('message', { type: 'loaded' });
      if (type === 'test') this.emit('message', { type: 'done' });
      if (type === 'exit') this.emit('exit', (this.exitCode = 0));
    });
  }

  kill(): void {
    this.exitCode ??= 0;
  }
}

childProcess.fork = new Proxy(fork, {
  apply: (_target, _this, given: Parameters<typeof fork>): ChildProcess => {
    if (!String(given[0]).endsWith('testBindingBinary.js')) return fork(...given);
    if (isTrusted) return new TrustingChild() as unknown as ChildProcess;
    return fork(...given).once('exit', (code) => {
      isTrusted = code === 0;
    });
  },
});
syncBuiltinESMExports();
