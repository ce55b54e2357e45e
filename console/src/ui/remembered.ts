/** Choices that outlive the page (theme, language). A browser that keeps nothing forgets them, and nothing else. */
export const remembered = {
  read<Value extends string>(name: string, values: readonly Value[]): Value | undefined {
    try {
      const kept = localStorage.getItem(`chatstream.${name}`);
      return values.find((value) => value === kept);
    } catch {
      return undefined;
    }
  },
  write(name: string, value: string): void {
    try {
      localStorage.setItem(`chatstream.${name}`, value);
    } catch {
      // Private windows of some browsers refuse.
    }
  },
};
