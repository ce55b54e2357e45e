/**
 * The paths of fields that nobody reads. The validators of Kubernetes' objects pass over fields that they do not know, so a
 * field with a typing error in its name is one that was never looked at.
 *
 * @param read gets a view of the object, and reads what it knows of it
 */
export function unreadFields(object: object, read: (view: object) => void): readonly string[] {
  const unread = new Set<string>();
  read(viewOf(object, '', unread));
  return [...unread];
}

function viewOf(object: object, path: string, unread: Set<string>): object {
  const fields: Record<string, unknown> = {};
  const view: object = Array.isArray(object) ? [] : {};
  for (const [name, value] of Object.entries<unknown>({ ...object })) {
    const pathOfField = `${path}/${name}`;
    fields[name] = isObject(value) ? viewOf(value, pathOfField, unread) : value;
    unread.add(pathOfField);
    Object.defineProperty(view, name, {
      enumerable: true,
      get() {
        unread.delete(pathOfField);
        return fields[name];
      },
    });
  }
  return view;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
