import { Worker } from 'node:worker_threads';
import { messageOf } from '../../base/errors.js';
import { compiledFile } from '../../base/processes/compiled-file.js';
import type { FileProblem, FileReply, FileRequest, FileToOpen } from './file-messages.js';

type Result = string | boolean | null;

interface Pending {
  readonly resolve: (result: Result) => void;
  readonly reject: (error: Error) => void;
}

/** The thread that has the file, seen from the server. It answers in the order of the requests. */
export class FileThread {
  /** Resolves with the problem of the file, or with null. Never rejects. */
  readonly opened: Promise<FileProblem | null>;
  readonly #worker: Worker;
  readonly #exited: Promise<void>;
  readonly #pending = new Map<number, Pending>();
  #keys = 0;
  /** Why the thread no longer answers. */
  #end: Error | null = null;

  constructor(file: FileToOpen) {
    const worker = new Worker(compiledFile(import.meta.url, './file-worker.js'));
    worker.postMessage(file);
    this.#worker = worker;
    this.opened = new Promise((resolve) => {
      worker.on('message', (reply: FileReply) => {
        switch (reply.type) {
          case 'opened':
            resolve(null);
            return;
          case 'refused':
            resolve(reply.problem);
            return;
          case 'done':
            this.#take(reply.key)?.resolve(reply.result);
            return;
          case 'failed':
            this.#take(reply.key)?.reject(new Error(reply.reason));
            return;
        }
      });
      worker.on('error', (error) => {
        this.#ended(new Error(`the thread of the store has ended: ${messageOf(error)}`));
        resolve({ type: 'unusable', reason: messageOf(error) });
      });
    });
    this.#exited = new Promise((resolve) => {
      worker.once('exit', () => {
        this.#ended(new Error('the store is closed'));
        resolve();
      });
    });
  }

  /** Rejects with the reason if that failed. Resolves when what was changed is on the disk. */
  ask(request: FileRequest): Promise<Result> {
    return new Promise((resolve, reject) => {
      if (this.#end !== null) {
        reject(this.#end);
        return;
      }
      const key = this.#keys++;
      this.#pending.set(key, { resolve, reject });
      this.#worker.postMessage({ key, request });
    });
  }

  async close(): Promise<void> {
    try {
      if (this.#end === null) await this.ask({ type: 'close' });
    } finally {
      await this.#exited;
    }
  }

  #take(key: number): Pending | undefined {
    const pending = this.#pending.get(key);
    this.#pending.delete(key);
    return pending;
  }

  #ended(error: Error): void {
    this.#end ??= error;
    for (const { reject } of this.#pending.values()) reject(this.#end);
    this.#pending.clear();
  }
}
