/** Something else that reads all processes, to compare with. */
export interface Reference {
  readonly name: string;
  /** Reads all processes once. @returns CPU milliseconds, user and system */
  read(): Promise<number>;
  /** One read takes so long that a few have to do. */
  readonly slow: boolean;
}

/** Why there is nothing to compare with. */
export interface MissingReference {
  readonly name: string;
  readonly missing: string;
}

export function isMissing(reference: Reference | MissingReference): reference is MissingReference {
  return 'missing' in reference;
}
