/** A model in Anthropic's shape. */
export interface ModelInfo {
  readonly type: 'model';
  readonly id: string;
  readonly display_name: string;
  /** In RFC 3339. */
  readonly created_at: string;
}

/** A list of models in Anthropic's shape. All are on one page. */
export interface ModelsPage {
  readonly data: readonly ModelInfo[];
  readonly has_more: false;
  readonly first_id: string | null;
  readonly last_id: string | null;
}

/** @param created in seconds since 1970 */
export function modelInfo(id: string, created: number): ModelInfo {
  return { type: 'model', id, display_name: id, created_at: new Date(created * 1000).toISOString() };
}

export function modelsPage(data: readonly ModelInfo[]): ModelsPage {
  return { data, has_more: false, first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null };
}
