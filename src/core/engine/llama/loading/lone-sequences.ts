import type { Llama, LlamaModel } from 'node-llama-cpp';
import { isWhollyOnGpu } from '../library/device.js';

/** The properties on which {@link needLoneBatches} depends. */
export interface LoneBatchFacts {
  /** llama.cpp's list of the features that its code uses on this CPU. */
  readonly systemInfo: string;
  readonly isWhollyOnGpu: boolean;
  /** Whether some layers keep a state instead of every token. */
  readonly isRecurrent: boolean;
}

/**
 * Whether each sequence has to be decoded in a batch of its own.
 *
 * Recurrent layers give the sequences of a batch a dimension of their own. llama.cpp's matrix product for AMX (Intel
 * Xeon since Sapphire Rapids) then looks for separate weights for each sequence but the first, and reads whatever lies
 * behind them in memory, so the answers of all others are garbage. Seen with f16 and q8_0 weights of mamba, and with
 * these and q4_0 of lfm2, in llama-server too.
 */
export function needLoneBatches({ systemInfo, isWhollyOnGpu, isRecurrent }: LoneBatchFacts): boolean {
  return isRecurrent && !isWhollyOnGpu && /\bAMX_\w+ = 1\b/.test(systemInfo);
}

/** The properties of a loaded model for {@link needLoneBatches}. */
export function loneBatchFacts(llama: Llama, model: LlamaModel): LoneBatchFacts {
  const { isRecurrent, isHybrid } = model.fileInsights;
  const { systemInfo } = llama;
  return { systemInfo, isWhollyOnGpu: isWhollyOnGpu(model), isRecurrent: isRecurrent || isHybrid };
}
