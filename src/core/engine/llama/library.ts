import type * as library from 'node-llama-cpp';
import type { Token as LibraryToken } from 'node-llama-cpp';

import type { Token } from '../engine.js';

/**
 * node-llama-cpp, which loads native code of many megabytes. Only a type: whoever needs the real thing gets it passed,
 * so that nothing but {@link importLibrary} ever loads it.
 */
export type Library = typeof library;

/** Loads node-llama-cpp, once; the module cache keeps it. */
export async function importLibrary(): Promise<Library> {
  return await import('node-llama-cpp');
}

/**
 * The library brands the numbers of its tokens; ours are plain, because they also come from clients and other
 * processes. They are checked against the vocabulary where they come in. The library copies what it wants to change.
 */
export function libraryTokens(tokens: readonly Token[]): LibraryToken[] {
  return tokens as LibraryToken[];
}

export function libraryToken(token: Token): LibraryToken {
  return token as LibraryToken;
}

/** What the engine has to say to the operator. */
export type EngineLog = (level: 'warn' | 'error', message: string) => void;
