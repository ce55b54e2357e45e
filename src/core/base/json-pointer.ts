import { isRecord } from './json.js';

/** A step of a JSON pointer (RFC 6901) to the member of this name. */
export function pointerStep(name: string): string {
  return `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

/** The names that a JSON pointer consists of. */
export function namesIn(pointer: string): readonly string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** What a JSON pointer leads to; undefined if there is nothing. */
export function valueAt(root: unknown, pointer: string): unknown {
  let value = root;
  for (const name of namesIn(pointer)) {
    value = isRecord(value) && Object.hasOwn(value, name) ? value[name] : undefined;
  }
  return value;
}

/** The JSON pointer in a fragment of a URI, without its `#`. What is not encoded as it should be is taken as it is. */
export function pointerIn(fragment: string): string {
  try {
    return decodeURIComponent(fragment);
  } catch {
    return fragment;
  }
}
