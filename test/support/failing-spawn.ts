import { ChildProcess } from 'node:child_process';

function systemError(code: string): Error {
  return Object.assign(new Error(`spawn node ${code}`), { code });
}

/** As Node does it when there is no descriptor left: no pipes, no number, and an event. */
export function failLater(code: string): () => ChildProcess {
  return () => {
    const child = new ChildProcess();
    process.nextTick(() => child.emit('error', systemError(code)));
    return child;
  };
}

/** As Node does it when there is no memory left. */
export function failAtOnce(code: string): () => ChildProcess {
  return () => {
    throw systemError(code);
  };
}
