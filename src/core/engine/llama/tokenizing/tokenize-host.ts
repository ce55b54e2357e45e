import { answerParent } from '../helpers/answer-parent.js';
import { openWithoutGpu } from '../library/device.js';
import { importLibrary } from '../library/library.js';
import { tokenizerOf } from './model-tokenizer.js';
import { fileIdentity, isPart, isTokenizeSettings } from './tokenize-messages.js';

/** The process that tokenises long texts for one model: see `LongTexts`. */
answerParent({
  isSettings: isTokenizeSettings,
  isQuestion: isPart,
  prepare: async ({ modelPath, gpu, identity }) => {
    const llama = await openWithoutGpu(await importLibrary(), gpu, () => undefined);
    const tokenizer = tokenizerOf(await llama.loadModel({ modelPath, vocabOnly: true, gpuLayers: 0 }));
    if (fileIdentity(modelPath) !== identity) throw new Error(`${modelPath} has changed since the model was loaded`);
    return (part) => Uint32Array.from(tokenizer.read(part));
  },
});
