import { Type } from 'typebox';
import type { App, ServerContext } from '../../http/context.js';
import type { FeedbackBox } from '../../protocol/responses/stored/feedback.js';
import { errors, json } from '../../schemas/openapi.js';
import { deletedFeedback, feedbackPage, feedbackRequest, givenFeedback } from '../../schemas/responses/feedback.js';
import { defaultPage } from '../../schemas/responses/item-pages.js';
import { countAgainstLimits } from '../generation.js';

/** What people think of answers. */
export function feedbackRoutes(app: App, context: ServerContext, feedback: FeedbackBox): void {
  const tags = ['feedback'];
  const failures = errors(401, 403, 507);

  const giving = {
    summary: 'Say what you think of an answer',
    tags,
    body: feedbackRequest,
    response: { 200: json('It is kept.', givenFeedback), ...failures, ...errors(400, 408, 413, 415, 429) },
  };
  app.post('/v1/feedback', { schema: giving }, async ({ body, raw }, reply) => {
    // There is room for a certain number, and the oldest makes place for the latest.
    countAgainstLimits(context, reply);
    const { id, object, created_at, response_id, like, comment, fields } = await feedback.give(
      body,
      context.keys.of(raw).name,
    );
    return { id, object, created_at, response_id, like, comment, fields };
  });

  const listing = {
    summary: 'All feedback, with prompts and answers',
    tags,
    querystring: feedbackPage,
    response: { 200: json('A page of it.', 'FeedbackList'), ...failures, ...errors(400, 404) },
  };
  app.get('/v1/feedback', { schema: listing }, async ({ query: { after, limit } }) => {
    const most = limit === undefined ? defaultPage.limit : Number(limit);
    return { object: 'list', ...(await feedback.list(after ?? null, most)) };
  });

  const deleting = {
    summary: 'Delete feedback',
    tags,
    params: Type.Object({ id: Type.String() }),
    response: { 200: json('It is deleted.', deletedFeedback), ...failures, ...errors(404) },
  };
  app.delete('/v1/feedback/:id', { schema: deleting }, async ({ params: { id } }) => {
    await feedback.delete(id);
    return { id, object: 'feedback', deleted: true };
  });
}
