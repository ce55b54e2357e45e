/** A server that passes answers on says in it which of its upstreams has answered. */
export const executorHeader = 'x-chatstream-executor';
