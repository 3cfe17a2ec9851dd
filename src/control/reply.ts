import { ProcmondError } from '../base/errors.ts';
import { escapeJsonForDisplay } from '../base/escape-for-display.ts';
import type { Parsed } from './parsed.ts';
import type { ErrorAnswer } from './protocol.ts';

export type Reply = JsonReply | StreamReply;

export interface JsonReply {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An answer in pieces; it is asked for the next one when the client has taken those before. */
export interface StreamReply {
  readonly status: 200;
  readonly type: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly pieces: AsyncIterable<string>;
  /** There where the stream goes on until somebody ends it; `end` may be called twice. */
  readonly endless?: { end(): void };
}

export const JSON_TYPE = 'application/json';
export const NDJSON_TYPE = 'application/x-ndjson';

/** Safe for a terminal, and the same to any parser. */
export function jsonText(value: unknown, indent?: number): string {
  return escapeJsonForDisplay(JSON.stringify(value, undefined, indent));
}

export function ok(body: unknown): JsonReply {
  return { status: 200, body };
}

export function badRequest({ problems }: Extract<Parsed<unknown>, { readonly ok: false }>): JsonReply {
  return refusal(400, 'bad_request', problems.join('; '), problems.length > 1 ? problems : undefined);
}

export function refusal(status: number, code: string, message: string, problems?: readonly string[]): JsonReply {
  const body: ErrorAnswer = { error: { code, message, ...(problems !== undefined && { problems }) } };
  return { status, body };
}

/** Codes of errors that say that what was asked for is wrong, or too much; others are procmond's own. */
const STATUS_OF_CODE: Readonly<Record<string, number>> = {
  CONFIG_INVALID: 400,
  TOPIC_INVALID: 400,
  TRIGGER_INVALID: 400,
  SUBSCRIPTION_REFUSED: 503,
};

/** What an error is answered with; undefined for one that nobody may be told but the log. */
export function refusalOf(error: unknown): JsonReply | undefined {
  if (!(error instanceof ProcmondError)) return undefined;
  return refusal(STATUS_OF_CODE[error.code] ?? 500, error.code.toLowerCase(), error.message);
}
