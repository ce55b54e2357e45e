import type { Engine } from '../engine.js';
import type { EngineOptions } from '../options.js';

/** Makes the engine that the options ask for, in this process. Only its own code is loaded: llama.cpp is heavy. */
export async function createEngine(options: EngineOptions): Promise<Engine> {
  switch (options.engine) {
    case 'llama': {
      const { createLlamaEngine } = await import('../llama/llama-engine.js');
      // Standard error is where the parent looks for what explains a crash; it shows it at --log-level debug.
      return createLlamaEngine(options, { log: (level, message) => process.stderr.write(`${level}: ${message}\n`) });
    }
    case 'mock': {
      const { createMockEngine } = await import('../mock/mock-engine.js');
      return createMockEngine(options);
    }
  }
}
