import type { ComponentType } from 'preact';

export const viewIds = ['queue', 'charts', 'chat'] as const;
export type ViewId = (typeof viewIds)[number];

/** Each view is a separate file that is loaded when it is first shown. */
export const loadView: Readonly<Record<ViewId, () => Promise<ComponentType>>> = {
  queue: async () => (await import('../queue/view/queue-view.js')).QueueView,
  charts: async () => (await import('../charts/charts-view.js')).ChartsView,
  chat: async () => (await import('../chat/view/chat-view.js')).ChatView,
};
