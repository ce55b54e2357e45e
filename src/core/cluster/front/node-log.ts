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
      else logger.error({ ...fields, running }, 'a node is lost: what ran there continues on other nodes');
    }),
  ];
  for (const id of nodes.all.keys()) see(id);

  return () => {
    for (const unsubscribe of unsubscribes) unsubscribe();
    names.stop();
  };
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
