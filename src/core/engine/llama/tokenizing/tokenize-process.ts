import { compiledFile } from '../../../base/processes/compiled-file.js';
import { type Fork, HelperProcess } from '../helpers/helper-process.js';
import type { Part } from '../prompt/text-cuts.js';
import { isTokenArray, type TokenizeSettings } from './tokenize-messages.js';

/** What such a process does, in messages. */
export const tokenisesTexts = 'tokenises long texts';

/** A process that has the vocabulary of a model and tokenises texts, one at a time. */
export class TokenizeProcess extends HelperProcess {
  /** @throws ChatstreamError `engine_failed` if it cannot be created */
  constructor({ modelPath, gpu, identity }: TokenizeSettings, create?: Fork) {
    const entry = compiledFile(import.meta.url, './tokenize-host.js');
    super({ entry, name: tokenisesTexts }, { modelPath, gpu, identity }, create);
  }

  /** As `Tokenizer.read` does. @throws ChatstreamError `engine_failed` if the process ends */
  async tokenize(part: Part): Promise<Uint32Array> {
    return await this.ask(part, isTokenArray);
  }
}
