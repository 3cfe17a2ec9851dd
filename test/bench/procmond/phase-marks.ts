import type { EventBatch, EventSink } from '../../../src/collector/event-source.ts';
import type { ProcessEnumerator } from '../../../src/process/enumerate/enumerator.ts';

/** CPU milliseconds of this process so far: user and system, all threads. */
export function cpuMillis(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Takes the CPU time at the borders of phases that a cycle crosses inside. */
export class PhaseMarks {
  enumerated = 0;
  commitStarted = 0;

  around(enumerator: ProcessEnumerator): ProcessEnumerator {
    return {
      enumerate: async (request) => {
        const enumeration = await enumerator.enumerate(request);
        this.enumerated = cpuMillis();
        return enumeration;
      },
      close: () => enumerator.close(),
    };
  }

  before(sink: EventSink): EventSink {
    return {
      commit: (batch: EventBatch) => {
        this.commitStarted = cpuMillis();
        return sink.commit(batch);
      },
      capabilitiesChanged: () => sink.capabilitiesChanged(),
    };
  }
}
