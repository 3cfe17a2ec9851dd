import { randomUUID } from 'node:crypto';

/** A stand-in for one of procmond's records: text attributes only. */
export interface StandInRecord {
  readonly uid: string;
  readonly eventName?: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly body: string;
}

export function standInRecord(
  topic: string | undefined,
  options: {
    readonly eventName?: string;
    readonly attributes?: Readonly<Record<string, string>>;
    readonly body?: string;
  } = {},
): StandInRecord {
  const uid = randomUUID();
  return {
    uid,
    ...(options.eventName === undefined ? {} : { eventName: options.eventName }),
    attributes: {
      ...(topic === undefined ? {} : { 'procmond.topic': topic }),
      ...options.attributes,
      'log.record.uid': uid,
    },
    body: options.body ?? `stand-in ${uid}`,
  };
}

const ANSWER_WITHIN_MILLIS = 30_000;

/** Sends the records as one OTLP/HTTP JSON request and gives the answer, whatever its status. No answer is an error. */
export async function postLogs(
  endpoint: string,
  records: readonly StandInRecord[],
): Promise<{ status: number; text: string }> {
  const now = String(BigInt(Date.now()) * 1_000_000n);
  const response = await fetch(`${endpoint}/v1/logs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    signal: AbortSignal.timeout(ANSWER_WITHIN_MILLIS),
    body: JSON.stringify({
      resourceLogs: [
        {
          resource: { attributes: [textAttribute('service.name', 'procmond')] },
          scopeLogs: [
            {
              scope: { name: 'procmond' },
              logRecords: records.map(({ eventName, attributes, body }) => ({
                timeUnixNano: now,
                observedTimeUnixNano: now,
                severityNumber: 9,
                eventName,
                body: { stringValue: body },
                attributes: Object.entries(attributes).map(([key, value]) => textAttribute(key, value)),
              })),
            },
          ],
        },
      ],
    }),
  });
  return { status: response.status, text: await response.text() };
}

function textAttribute(key: string, value: string) {
  return { key, value: { stringValue: value } };
}
