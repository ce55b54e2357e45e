import type { ChatstreamError } from '../../base/errors.js';
import { errorBody } from './http-errors.js';

/** The body of an error answer in Ollama's shape. Its clients show nothing of an error that is an object. */
export interface OllamaErrorBody {
  readonly error: string;
}

export function ollamaErrorBody(error: ChatstreamError): OllamaErrorBody {
  return { error: errorBody(error).error.message };
}
