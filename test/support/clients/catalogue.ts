/** What is tried with a client. The columns of the tables in docs/clients.md, in their order. */
export const features = ['whole', 'streamed', 'aborted', 'tools', 'schemas', 'reasoning', 'turns', 'retries'] as const;

export type Feature = (typeof features)[number];

export type Language = 'JavaScript' | 'Python';

interface CataloguedClient {
  readonly language: Language;
  /** Its packages on npm or PyPI; the first one is the client itself. */
  readonly packages: readonly [string, ...string[]];
  readonly api: 'chat completions' | 'responses' | 'messages';
}

/** Every client with every API that it is tried with. The rows of the tables, in their order. */
const clients = {
  'openai: chat': { language: 'JavaScript', packages: ['openai'], api: 'chat completions' },
  'openai: responses': { language: 'JavaScript', packages: ['openai'], api: 'responses' },
  'anthropic: messages': { language: 'JavaScript', packages: ['@anthropic-ai/sdk'], api: 'messages' },
  'ai: chat': { language: 'JavaScript', packages: ['ai', '@ai-sdk/openai-compatible'], api: 'chat completions' },
  'ai: responses': { language: 'JavaScript', packages: ['ai', '@ai-sdk/openai'], api: 'responses' },
  'ai: messages': { language: 'JavaScript', packages: ['ai', '@ai-sdk/anthropic'], api: 'messages' },
  'langchain: chat': { language: 'JavaScript', packages: ['@langchain/openai'], api: 'chat completions' },
  'openai.py: chat': { language: 'Python', packages: ['openai'], api: 'chat completions' },
  'openai.py: responses': { language: 'Python', packages: ['openai'], api: 'responses' },
  'anthropic.py: messages': { language: 'Python', packages: ['anthropic'], api: 'messages' },
  'langchain.py: chat': { language: 'Python', packages: ['langchain-openai'], api: 'chat completions' },
  'pydantic-ai.py: chat': { language: 'Python', packages: ['pydantic-ai-slim'], api: 'chat completions' },
  'instructor.py: chat': { language: 'Python', packages: ['instructor'], api: 'chat completions' },
  'litellm.py: chat': { language: 'Python', packages: ['litellm'], api: 'chat completions' },
  'litellm.py: responses': { language: 'Python', packages: ['litellm'], api: 'responses' },
  'litellm.py: messages': { language: 'Python', packages: ['litellm'], api: 'messages' },
  'llm.py: chat': { language: 'Python', packages: ['llm'], api: 'chat completions' },
  'llm.py: responses': { language: 'Python', packages: ['llm'], api: 'responses' },
} as const satisfies Record<string, CataloguedClient>;

export type ClientId = keyof typeof clients;

/** @returns the rows of a table */
export function clientsOf(language: Language): readonly (CataloguedClient & { readonly id: ClientId })[] {
  const all: [string, CataloguedClient][] = Object.entries(clients);
  return all.flatMap(([id, client]) => (isClient(id) && client.language === language ? [{ ...client, id }] : []));
}

function isClient(id: string): id is ClientId {
  return Object.hasOwn(clients, id);
}
