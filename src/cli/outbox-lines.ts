import type { OutboxReport } from '../control/protocol.ts';
import { discardText } from '../event/discard-text.ts';
import { durationText, sizeText } from '../listing/quantity-text.ts';
import { counted, type ReportLine } from './report-lines.ts';

/** What waits, of which topics, what keeps it from leaving, and what was refused for good. */
export function outboxLines(outbox: OutboxReport): readonly ReportLine[] {
  return [
    { label: 'outbox', text: waitingText(outbox) },
    ...outbox.topics.map(({ topic, records, bytes, oldestAgeSeconds }) => ({
      label: '',
      text: `${records} of ${topic}, ${diskText(bytes)}, ${ageText(oldestAgeSeconds)}`,
    })),
    ...deadLetterLines(outbox),
    ...givenUpLines(outbox),
    { label: 'endpoint', text: outbox.endpoint },
    ...blockLines(outbox),
  ];
}

function waitingText({ records, bytes, maxBytes, oldestAgeSeconds }: OutboxReport): string {
  if (records === 0) return 'empty: everything was delivered';
  const room = `${diskText(bytes)} of ${diskText(maxBytes)}`;
  const age = oldestAgeSeconds === undefined ? '' : `, ${ageText(oldestAgeSeconds)}`;
  return `${counted(records, 'record')}, ${room}${age}`;
}

function diskText(bytes: number): string {
  return bytes < 1024 ? `${bytes} bytes` : sizeText(bytes);
}

function ageText(seconds: number): string {
  return `the oldest ${durationText(seconds * 1000)} old`;
}

function deadLetterLines({ deadLetters, retrying, lastRefusal }: OutboxReport): readonly ReportLine[] {
  const lines: ReportLine[] = [];
  const why = lastRefusal === undefined ? '' : `: ${lastRefusal}`;
  if (retrying > 0)
    lines.push({ label: '', text: `${counted(retrying, 'refused record')} among them, sent once more` });
  if (deadLetters > 0) {
    const text = `${counted(deadLetters, 'record')} refused for good${why}; procmond outbox retry sends what was refused once more`;
    lines.push({ label: 'refused', text, tone: 'odd' });
  }
  return lines;
}

/** Since the start, whether it has been told to the endpoint or not. */
function givenUpLines({ givenUp = [] }: OutboxReport): readonly ReportLine[] {
  return givenUp.map(({ records, ...sum }, index) => ({
    label: index === 0 ? 'given up' : '',
    text: discardText({ ...sum, count: records }),
    tone: 'odd',
  }));
}

function blockLines({ blocked }: OutboxReport): readonly ReportLine[] {
  if (blocked === undefined) return [];
  const { message, retryInSeconds } = blocked;
  const next = retryInSeconds === 0 ? 'trying now' : `next try in ${retryInSeconds} s`;
  return [{ label: 'blocked', text: `${message}; ${next}`, tone: 'bad' }];
}
