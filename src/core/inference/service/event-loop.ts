import { setImmediate as immediate } from 'node:timers/promises';

/**
 * Lets the event loop do what else there is to do, after much has been read from a process or a connection.
 *
 * Immediates follow right behind the callbacks of what was read, so that one of them would still be a part of the same work: in between,
 * no other input is looked for. The second one comes behind what has arrived meanwhile.
 */
export async function afterOtherInput(): Promise<void> {
  await immediate();
  await immediate();
}
