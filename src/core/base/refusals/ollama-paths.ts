const routes = 'chat|copy|create|delete|embed|embeddings|generate|ps|pull|push|show|tags|version';
const ollamaPath = new RegExp(`^(?:/v1)?/api/(?:${routes})$`);

/** Whether a path is a route of Ollama's own API, also below the base URL of OpenAI's. */
export function isOllamaPath(path: string): boolean {
  return ollamaPath.test(path);
}
