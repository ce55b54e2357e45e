import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { Logger } from 'pino';
import { systemClock } from '../../core/base/clock.js';
import { type AgentEvent, BenchAgent } from '../../core/bench/agents/agent.js';
import { messageVersion, speakerText } from '../../core/bench/agents/messages.js';
import type { LoadShape } from '../../core/bench/load/job/load-job.js';
import { localLoad } from '../../core/bench/load/local-load.js';
import { awaitNats } from '../../core/bus/await-nats.js';
import type { BusStatus } from '../../core/bus/bus.js';
import type { NatsOptions } from '../../core/bus/nats-access.js';
import { connectNats } from '../../core/bus/nats-bus.js';
import { plural } from '../../core/measurement/numbers.js';

interface AgentSettings {
  readonly nats: Omit<NatsOptions, 'name'>;
  /** Name of this machine. */
  readonly name: string;
  /** Version of the program. */
  readonly version: string;
}

/**
 * Works for benches until it is stopped. If NATS cannot be reached at the beginning, it waits until it can.
 *
 * @throws ChatstreamError `cluster_unavailable` if that does not help, because NATS refuses the agent; the reason of
 *   `stopping` if it is aborted before
 */
export async function runAgent(
  { nats, name, version }: AgentSettings,
  logger: Logger,
  stopping: AbortSignal,
): Promise<void> {
  const connect = { ...nats, name: `chatstream bench-agent ${name}` };
  const bus = await awaitNats(() => connectNats(connect), { logger, stopping });
  bus.onStatus((status) => {
    tellStatus(status, nats.address.shown, logger);
  });
  const agent = new BenchAgent({
    ...{ bus, clock: systemClock, speaker: { version: messageVersion, tool: version }, name },
    id: randomBytes(8).toString('hex'),
    createLoad: localLoad,
    onEvent: (event) => {
      tellEvent(event, logger);
    },
  });
  logger.info({ name }, `waiting for work at ${nats.address.shown}`);
  if (!stopping.aborted) await once(stopping, 'abort');
  await agent.stop();
  await bus.close();
  logger.info({}, 'stopped');
}

function tellStatus(status: BusStatus, address: string, logger: Logger): void {
  switch (status.type) {
    case 'lost':
      logger.warn({}, `the connection to ${address} is lost; trying again until it is back`);
      return;
    case 'back':
      logger.info({}, `connected to ${address} again`);
      return;
    case 'unreachable':
      logger.warn(
        {},
        `${status.isRefusal ? 'NATS refuses the user of this agent' : 'no connection to NATS is possible'}: ${status.reason}`,
      );
      return;
    case 'error':
    case 'fault':
      logger.error({}, `NATS: ${status.message}`);
      return;
  }
}

/** Neither headers nor prompts are logged, because they may contain keys. */
function tellEvent(event: AgentEvent, logger: Logger): void {
  switch (event.type) {
    case 'claimed':
      logger.info({}, `works for the bench on ${event.host}`);
      return;
    case 'prepares':
      logger.info({}, `prepares a run as ${event.place}`);
      return;
    case 'prepared':
      logger.info({}, `ready: ${shapeText(event.job.shape)} to ${serverOf(event.job.client.url)}`);
      return;
    case 'started':
      logger.info({}, 'sending');
      return;
    case 'finished':
      logger.info({}, `run over: ${plural(event.completed, 'request')} answered, ${event.unanswered} not`);
      return;
    case 'failed':
      logger.error({}, `the run failed: ${event.message}`);
      return;
    case 'free':
      logger.info({}, event.cause === 'over' ? 'the bench is over; waiting for work' : 'the bench is silent; waiting for work'); // prettier-ignore
      return;
    case 'refused':
      logger.warn({}, `refused a bench of another version: ${speakerText(event.speaker)}`);
      return;
  }
}

function shapeText(shape: LoadShape): string {
  return shape.type === 'closed' ? plural(shape.clients, 'client') : `its share of ${shape.rate} requests per second`;
}

/** Paths and queries may contain keys. */
function serverOf(url: string): string {
  return new URL(url).origin;
}
