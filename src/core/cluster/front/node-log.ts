import type { Logger } from '../../base/logger.js';
import type { Members } from '../members.js';
import type { NodeEntry, nodeEntry } from '../messages.js';
import { NodeNames } from './node-names.js';

/** Logs which nodes join, leave and are lost, and how those that are there change. @returns ends that */
export function logNodes(nodes: Members<typeof nodeEntry>, logger: Logger): () => void {
  const statuses = new Map<string, NodeEntry['status']>();
  // Created first: it has heard of a node before its name is needed.
  const names = new NodeNames(nodes);

  const see = (id: string): void => {
    const node = nodes.all.get(id);
    if (node === undefined) return;
    const { model, slots, status } = node;
    const before = statuses.get(id);
    statuses.set(id, status);
    const fields = { node: names.of(id), model };
    if (before === undefined) logger.info({ ...fields, slots }, 'a node has joined');
    else if (before !== status) logStatus(status, fields, logger);
  };
  const unsubscribes = [
    nodes.changes(see),
    nodes.departures(({ id, member: { model, running }, isExpected }) => {
      statuses.delete(id);
      const fields = { node: names.of(id), model };
      if (isExpected) logger.info(fields, 'a node has left');
      else logger.error({ ...fields, running }, lossText(running, hasOther(nodes, id, model)));
    }),
  ];
  for (const id of nodes.all.keys()) see(id);

  return () => {
    for (const unsubscribe of unsubscribes) unsubscribe();
    names.stop();
  };
}

/** Whether generations of a lost node have another one to go to. */
function hasOther(nodes: Members<typeof nodeEntry>, lostId: string, model: string): boolean {
  return [...nodes.all].some(([id, node]) => id !== lostId && node.model === model);
}

function lossText(running: number, isOtherThere: boolean): string {
  if (running === 0) return 'a node is lost';
  return isOtherThere
    ? 'a node is lost: what ran there continues on other nodes'
    : 'a node is lost, and no other has its model: what ran there waits for one';
}

function logStatus(status: NodeEntry['status'], fields: object, logger: Logger): void {
  switch (status) {
    case 'ready':
      logger.info(fields, 'a node is ready again');
      return;
    case 'down':
      logger.warn(fields, 'the engine of a node is down');
      return;
    case 'draining':
      logger.info(fields, 'a node accepts nothing new: it is being stopped');
      return;
  }
}
