import type { Logger as PinoLogger } from 'pino';
import type { EngineOptions } from '../engine/options.js';
import type { SupervisedProcess } from '../engine/process/supervised-engine.js';
import { processNames } from '../engine/process-role.js';
import type { Replication } from '../executor/replicas/replication.js';
import { type LineEngine, superviseLine } from '../executor/replicas/supervise-replicas.js';
import { logSlowStart } from './slow-start-log.js';

/** An engine in processes of its own, whose health is logged; or several for one model, if there is a replication. */
export function loggedLine(options: EngineOptions, replication: Replication | null, logger: PinoLogger): LineEngine {
  const line = superviseLine(
    {
      engine: options,
      log: ({ role, stream, text }) => {
        logger.debug({ stream }, `${role}: ${text}`);
      },
      onSlowStart: (role, pid, slow) => {
        logSlowStart(role, pid, slow, logger);
      },
    },
    replication,
  );
  const { engine } = line;
  for (const supervised of engine.processes) logHealth(supervised, logger);
  engine.rounds(({ device }) => {
    if (device !== undefined) logger.info({ device }, `compute threads were changed: ${device}`);
  });
  return line;
}

function logHealth(supervised: SupervisedProcess, logger: PinoLogger): void {
  const isEngine = supervised.role === 'engine';
  const name = isEngine ? 'engine' : processNames[supervised.role];
  const which = supervised.executor === undefined ? {} : { executor: supervised.executor };
  const effect = isEngine && which.executor !== undefined ? '' : ': requests are refused until it can be started again';
  let wasReady = false;
  supervised.hangs(({ pid, reason }) => {
    logger.error({ ...which, pid, reason }, `${name} hangs and is killed`);
  });
  supervised.states((state) => {
    switch (state.status) {
      case 'ready': {
        const model = isEngine ? { model: state.info.modelId, device: state.info.device } : {};
        // One line about a start is enough; both lines are needed to follow restarts.
        logger[isEngine || wasReady ? 'info' : 'debug']({ ...which, pid: supervised.pid, ...model }, `${name} ready`);
        wasReady = true;
        return;
      }
      case 'restarting':
        logger.warn({ ...which, attempt: state.attempt, reason: state.reason }, `${name} died and is being restarted`);
        return;
      case 'failed':
        // If the first start fails, the command ends and reports the reason itself.
        if (!wasReady) return;
        logger.error({ ...which, reason: state.reason }, `${name} is down${effect}`);
        return;
      case 'starting':
      case 'stopped':
        return;
    }
  });
}
