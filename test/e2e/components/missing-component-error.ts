/** A program that the end-to-end tests need is not on this machine; the message says how to get it. */
export class MissingComponentError extends Error {
  override readonly name = 'MissingComponentError';

  constructor(component: string, howToGet: string) {
    super(`${component} is missing: ${howToGet}`);
  }
}
