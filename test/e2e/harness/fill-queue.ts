import { postLogs, type StandInRecord, standInRecord } from './post-logs.ts';

/** Of one record: the large ones fill the queue, the small ones the rest of it. */
const BODY_LENGTHS = [50_000, 1_000];
const MAX_REQUESTS = 200;

/**
 * Posts records of a topic until its route takes not even a small one, as its backend is down and its queue full.
 * @returns what was accepted, and the answer to the last one that was not
 */
export async function fillQueue(endpoint: string, topic: string) {
  const accepted: StandInRecord[] = [];
  let refusal: { readonly status: number; readonly text: string } | undefined;
  for (const length of BODY_LENGTHS) {
    refusal = undefined;
    for (let request = 0; refusal === undefined && request < MAX_REQUESTS; request++) {
      const record = standInRecord(topic, { body: 'x'.repeat(length) });
      const answer = await postLogs(endpoint, [record]);
      if (answer.status === 200) accepted.push(record);
      else refusal = answer;
    }
  }
  if (refusal === undefined) throw new Error(`the queue of ${topic} is not full after ${accepted.length} requests`);
  return { accepted, refusal };
}
