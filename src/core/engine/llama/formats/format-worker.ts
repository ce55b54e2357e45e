import { parentPort, workerData } from 'node:worker_threads';
import { chatDialect } from '../../dialects/templates/chat-dialect.js';
import { writeAnswer } from './format-messages.js';
import { compile, type SourceFormat } from './formats.js';

/** The thread that compiles formats, for a model with this chat template: see `FormatThread`. */
const dialect = chatDialect(typeof workerData === 'string' ? workerData : null);

parentPort?.on('message', (source: string) => {
  const [format, isThinking] = JSON.parse(source) as [SourceFormat, boolean | null];
  const chat = isThinking === null ? null : { dialect, isThinking };
  parentPort?.postMessage(writeAnswer(compile(format, chat)));
});
