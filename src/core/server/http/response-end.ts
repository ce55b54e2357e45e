import type { IncomingMessage, ServerResponse } from 'node:http';

/**
 * Calls back once, when a response is over: all of it was sent, or nobody is left to take it.
 *
 * The connection is watched as well as the response: with pipelining, a response that waits for the one before it is told
 * nothing of the connection's end.
 */
export function onResponseEnd({ socket }: IncomingMessage, response: ServerResponse, callback: () => void): void {
  const over = (): void => {
    response.off('close', over);
    socket.off('close', over);
    callback();
  };
  response.on('close', over);
  socket.on('close', over);
}
