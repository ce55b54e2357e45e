import { setImmediate as immediate } from 'node:timers/promises';

/**
 * Lets the event loop do pending work after much has been read from a process or a connection.
 *
 * Immediates run right after the callbacks of the data that was read, so one of them would still be part of the same
 * work, before other input is looked for. The second one comes after everything that has arrived in the meantime.
 */
export async function afterOtherInput(): Promise<void> {
  await immediate();
  await immediate();
}
