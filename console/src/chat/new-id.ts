/** 96 random bits. `crypto.randomUUID` is missing where the page comes neither over HTTPS nor from this machine. */
export function newId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
