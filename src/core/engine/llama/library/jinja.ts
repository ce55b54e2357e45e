import { createRequire } from 'node:module';
import { basename } from 'node:path';
import type { Llama } from 'node-llama-cpp';
import { items, member } from '../../../base/json.js';
import { moved, property } from './library.js';

/** The native code of node-llama-cpp, which is built for each platform and kind of GPU. */
const nativeFileName = 'llama-addon.node';

/**
 * Renders a template with these variables. Throws an `Error` with llama.cpp's explanation for variables that it
 * refuses.
 */
type Render = (variables: Readonly<Record<string, unknown>>) => string;

/**
 * Reads a Jinja template with llama.cpp's own engine, which llama-server uses to render chats.
 *
 * Depends on `Llama._bindings.AddonJinjaRenderer` and its `render`.
 *
 * @throws `Error` with llama.cpp's explanation for a template that cannot be read
 */
export function compileJinja(llama: Llama, source: string): Render {
  return compiled(property(llama, '_bindings'), source);
}

/**
 * The same without the rest of the library, for a process that only renders: llama.cpp's code alone is loaded in 15 ms.
 * The library takes about a second, mostly to check in another process whether the code works on this machine.
 *
 * @param file see {@link loadedNativeFile}
 * @throws `Error` for a file that cannot be loaded
 */
export function jinjaFrom(file: string): (source: string) => Render {
  const bindings: unknown = createRequire(import.meta.url)(file);
  return (source) => compiled(bindings, source);
}

/**
 * The file of llama.cpp's code that the library has loaded into this process, after checking that it works here; null
 * if there is none. Finding it takes some 7 ms.
 */
export function loadedNativeFile(): string | null {
  const loaded = items(member(process.report.getReport(), 'sharedObjects'));
  const file = loaded.find((each) => typeof each === 'string' && basename(each) === nativeFileName);
  return typeof file === 'string' ? file : null;
}

function compiled(bindings: unknown, source: string): Render {
  const Renderer = property(bindings, 'AddonJinjaRenderer');
  if (typeof Renderer !== 'function') throw moved('AddonJinjaRenderer');
  const renderer: unknown = Reflect.construct(Renderer, [source]);
  const render = property(renderer, 'render');
  if (typeof render !== 'function') throw moved('AddonJinjaRenderer.render');
  return (variables) => {
    const text: unknown = Reflect.apply(render, renderer, [variables]);
    if (typeof text !== 'string') throw moved('AddonJinjaRenderer.render');
    return text;
  };
}
