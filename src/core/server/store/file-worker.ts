import { parentPort } from 'node:worker_threads';
import { messageOf } from '../../base/errors.js';
import type { FileProblem, FileReply, FileRequest, FileToOpen, NumberedRequest } from './file-messages.js';
import { FileProblemError, StoreFile } from './store-file.js';

/** The thread that has the file. Everything that has arrived since the last commit shares the next one. */
function serveFile({ path, limits }: FileToOpen): void {
  let arrived: NumberedRequest[] = [];
  const file = open();
  if (file === null) return;
  tell({ type: 'opened' });
  parentPort?.on('message', (numbered: NumberedRequest) => {
    arrived.push(numbered);
    if (arrived.length === 1) setImmediate(work);
  });

  function open(): StoreFile | null {
    try {
      return new StoreFile(path, limits);
    } catch (error) {
      tell({ type: 'refused', problem: asProblem(error) });
      parentPort?.close();
      return null;
    }
  }

  function work(): void {
    if (file === null) return;
    const batch = arrived;
    arrived = [];
    const changes = batch.filter(({ request: { type } }) => type === 'set' || type === 'delete');
    if (changes.length > 1 && tryAll(file, batch)) return;
    // One by one, so that a value that does not fit does not keep out the others.
    for (const numbered of batch) replyTo(file, numbered);
  }
}

/** @returns false if nothing was done, and no caller was notified */
function tryAll(file: StoreFile, batch: readonly NumberedRequest[]): boolean {
  if (batch.some(({ request: { type } }) => type === 'close' || type === 'sweep')) return false;
  try {
    const results = file.transaction(() =>
      batch.map(({ key, request }) => ({ type: 'done', key, result: perform(file, request) }) as const),
    );
    results.forEach(tell);
    return true;
  } catch {
    // Each is tried again separately, so that only those that fail get an error.
    return false;
  }
}

function replyTo(file: StoreFile, { key, request }: NumberedRequest): void {
  try {
    const changes = request.type === 'set' || request.type === 'delete';
    const result = changes ? file.transaction(() => perform(file, request)) : perform(file, request);
    tell({ type: 'done', key, result });
  } catch (error) {
    tell({ type: 'failed', key, reason: messageOf(error) });
  }
  if (request.type === 'close') parentPort?.close();
}

function perform(file: StoreFile, request: FileRequest): string | boolean | null {
  switch (request.type) {
    case 'get':
      return file.table(request.collection).get(request.id, request.nowMs);
    case 'set':
      file.table(request.collection).set(request.id, request.json, request.nowMs);
      return null;
    case 'delete':
      return file.table(request.collection).delete(request.id, request.nowMs);
    case 'list':
      return file.table(request.collection).list(request.after, request.most, request.nowMs);
    case 'sweep':
      return file.sweep(request.nowMs);
    case 'close':
      file.close();
      return null;
  }
}

function tell(reply: FileReply): void {
  parentPort?.postMessage(reply);
}

function asProblem(error: unknown): FileProblem {
  return error instanceof FileProblemError ? error.problem : { type: 'unusable', reason: messageOf(error) };
}

parentPort?.once('message', serveFile);
