import { Type } from 'typebox';
import { totalByModel, totalUsage, type Usage, type UsageByModel } from '../../../telemetry/key-usage.js';
import type { App, LineContext } from '../../http/context.js';
import { errors, json } from '../../schemas/openapi.js';

const usualHours = '24';

/** Values of a query are texts. */
const query = Type.Object({
  hours: Type.Optional(
    Type.String({
      pattern: '^[1-9][0-9]{0,4}$',
      description: `Latest hours of the clock, this one included; ${usualHours} by default.`,
    }),
  ),
  key: Type.Optional(Type.String({ description: 'Only this key.' })),
});

/** What keys have used. Users see themselves only. */
export function usageRoutes(app: App, { usage, keys }: LineContext): void {
  const schema = {
    summary: 'What keys have used, hour by hour',
    tags: ['observation'],
    querystring: query,
    response: { 200: json('The keys that had requests.', 'Usage'), ...errors(400, 401, 403) },
  };
  app.get('/v1/usage', { schema }, ({ query: { hours = usualHours, key }, raw }) => {
    const { role, name } = keys.of(raw);
    const shown = role === 'user' ? [name] : usage.names;
    return {
      object: 'list',
      data: shown
        .filter((each) => key === undefined || each === key)
        .map((each) => {
          const ofKey = usage.hoursOf(each, Number(hours));
          return {
            key: each,
            ...wireUsage(totalUsage(ofKey)),
            ...wireModels(totalByModel(ofKey)),
            hours: ofKey.map((hour) => ({
              start: hour.startMs / 1000,
              ...wireUsage(hour),
              ...wireModels(totalByModel([hour])),
            })),
          };
        }),
    };
  });
}

function wireModels(models: UsageByModel): object {
  if (models.size === 0) return {};
  return { models: [...models].map(([model, used]) => ({ model, ...wireUsage(used) })) };
}

function wireUsage({ requests, promptTokens, cachedTokens, outputTokens, queueMs }: Usage): object {
  return {
    requests,
    tokens: { prompt: promptTokens, cached: cachedTokens, output: outputTokens },
    queue_ms: Math.round(queueMs),
  };
}
