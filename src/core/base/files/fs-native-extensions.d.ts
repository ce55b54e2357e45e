/** The package has no types of its own. This is the only function of it that is used. */
declare module 'fs-native-extensions' {
  /**
   * Requests an exclusive lock on a whole file, or on a range of its bytes, which macOS refuses.
   *
   * @param descriptor of a file that is open for writing
   * @returns whether it was granted; on Windows it throws EBUSY instead of returning false
   */
  export function tryLock(descriptor: number, offset?: number, length?: number): boolean;
}
