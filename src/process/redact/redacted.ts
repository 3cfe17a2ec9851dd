/** A value without its secrets; `redactions` counts how many were replaced. */
export interface Redacted<T> {
  readonly value: T;
  readonly redactions: number;
}
