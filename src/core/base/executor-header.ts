/** The header in which a server that passes answers on names the upstream that answered. */
export const executorHeader = 'x-chatstream-executor';
