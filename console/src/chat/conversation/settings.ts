/** What is asked for with each answer. Null leaves it to the server. */
export interface Settings {
  readonly model: string | null;
  readonly system: string;
  readonly temperature: number | null;
  readonly topP: number | null;
  readonly topK: number | null;
  readonly minP: number | null;
  readonly maxTokens: number | null;
  readonly seed: number | null;
  readonly reasoningEffort: string | null;
  /** A JSON object whose fields are added to the request, such as `tools`; may be empty. */
  readonly more: string;
  /** Whether answers are stored by the server, and the conversation is kept there and not in the browser. */
  readonly onServer: boolean;
}

export const defaultSettings: Settings = {
  model: null,
  system: '',
  temperature: null,
  topP: null,
  topK: null,
  minP: null,
  maxTokens: null,
  seed: null,
  reasoningEffort: null,
  more: '',
  onServer: false,
};

/** The same efforts as docs/api.md has. */
export const reasoningEfforts = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const;

/** The numbers among the settings, with what the server allows. */
export const numberSettings = [
  { name: 'temperature', field: 'temperature', min: 0, max: 2, step: 0.05, usual: 0.8 },
  { name: 'topP', field: 'top_p', min: 0.01, max: 1, step: 0.01, usual: 0.95 },
  { name: 'topK', field: 'top_k', min: -1, max: 1_000_000, step: 1, usual: 40 },
  { name: 'minP', field: 'min_p', min: 0, max: 1, step: 0.01, usual: 0.05 },
  { name: 'maxTokens', field: 'max_tokens', min: 1, max: 1_000_000, step: 1, usual: null },
  { name: 'seed', field: 'seed', min: -1, max: 4_294_967_295, step: 1, usual: null },
] as const;

/** The fields of `more`; null if it is not a JSON object. */
export function fieldsOf(more: string): Readonly<Record<string, unknown>> | null {
  if (more.trim() === '') return {};
  try {
    const value: unknown = JSON.parse(more);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null;
  } catch {
    return null;
  }
}
