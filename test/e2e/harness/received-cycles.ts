import { type ReceivedRecord, textOf, uidOf } from './read-otlp-file.ts';

/** A cycle that a backend was told the end of, and the records that carry its id. */
export interface ReceivedCycle {
  readonly id: string;
  /** Its `procmond.cycle.completed`. */
  readonly completed: ReceivedRecord;
  /** Each record once, however often it was delivered; `completed` included. */
  readonly records: readonly ReceivedRecord[];
}

/** In the order of their samples. */
export function receivedCycles(records: readonly ReceivedRecord[]): readonly ReceivedCycle[] {
  const ofCycles = distinctRecords(records).filter(({ attributes }) => 'procmond.cycle.id' in attributes);
  const byId = Map.groupBy(ofCycles, ({ attributes }) => textOf(attributes['procmond.cycle.id']));
  return [...byId]
    .flatMap(([id, members]) => {
      const completed = members.find(({ eventName }) => eventName === 'procmond.cycle.completed');
      return completed === undefined ? [] : [{ id, completed, records: members }];
    })
    .toSorted((one, other) => Number(one.completed.timeNanos - other.completed.timeNanos));
}

export function observedIn(cycle: ReceivedCycle): readonly ReceivedRecord[] {
  return cycle.records.filter(({ eventName }) => eventName === 'procmond.process.observed');
}

/** The first of each uid. */
export function distinctRecords(records: readonly ReceivedRecord[]): readonly ReceivedRecord[] {
  return [...new Map(records.toReversed().map((record) => [uidOf(record), record])).values()];
}
