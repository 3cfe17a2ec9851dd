/** `ok`; `note`: worth knowing, `run` works nevertheless; `problem`: `run` fails. */
export type FindingStatus = 'ok' | 'note' | 'problem';

/** What one check came to. */
export interface Finding {
  /** One or two words: what was looked at. */
  readonly check: string;
  readonly status: FindingStatus;
  /** A sentence without a full stop. */
  readonly message: string;
  /** What to do about it. */
  readonly advice?: string;
  /** The same for programs. */
  readonly facts?: Readonly<Record<string, unknown>>;
}
