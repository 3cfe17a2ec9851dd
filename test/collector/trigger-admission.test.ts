import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { type Admission, TriggerAdmission } from '../../src/collector/trigger-admission.ts';
import type { TriggerRequest } from '../../src/event/trigger-request.ts';
import { triggerRequest } from '../fake/trigger.ts';

type Asked = readonly [atSeconds: number, parts: Partial<TriggerRequest>, admission: Admission];

const of = (pid: number, startTicks = 100): Partial<TriggerRequest> => ({ process: { pid, startTicks } });

/** So many, each of another process, at that time. */
const many = (count: number, atSeconds: number, target: string, admission: Admission, firstPid = 1): readonly Asked[] =>
  Array.from({ length: count }, (_, index) => [atSeconds, { target, ...of(firstPid + index) }, admission]);

const STORIES: readonly (readonly [story: string, asked: readonly Asked[]])[] = [
  [
    'the same is admitted once in five minutes',
    [
      [0, {}, 'admitted'],
      [0, {}, 'deduplicated'],
      [299.9, {}, 'deduplicated'],
      [300, {}, 'admitted'],
      [599, {}, 'deduplicated'],
    ],
  ],
  [
    'a repetition does not begin the five minutes anew',
    [
      [0, {}, 'admitted'],
      [200, {}, 'deduplicated'],
      [300, {}, 'admitted'],
    ],
  ],
  [
    'what it is called, how urgent it is and what comes with it make it no other request',
    [
      [0, {}, 'admitted'],
      [1, { triggerId: 'x', priority: 'critical', correlationId: 'y', metadata: { z: '' } }, 'deduplicated'],
      [1, { process: { pid: 4242, startTicks: 100, cpid: 'c' } }, 'deduplicated'],
    ],
  ],
  [
    'another target, analysis, process, life of a pid or path is another request',
    [
      [0, {}, 'admitted'],
      [0, { target: 'other' }, 'admitted'],
      [0, { analysisType: 'yara_scan' }, 'admitted'],
      [0, of(4243), 'admitted'],
      [0, of(4242, 101), 'admitted'],
      [0, { path: '/usr/bin/true' }, 'admitted'],
      [0, { path: '/usr/bin/false' }, 'admitted'],
      [0, { path: '/usr/bin/true' }, 'deduplicated'],
    ],
  ],
  [
    'a target is asked a hundred times in any minute, and others go on',
    [
      ...many(100, 0, 'busy', 'admitted'),
      [59.9, { target: 'busy', ...of(1_000) }, 'rate_limited'],
      [59.9, { target: 'idle', ...of(1_000) }, 'admitted'],
      [60, { target: 'busy', ...of(1_001) }, 'admitted'],
    ],
  ],
  [
    'the minute slides: it is no burst of two hundred at its turn',
    [
      ...many(50, 0, 'busy', 'admitted'),
      ...many(50, 59, 'busy', 'admitted', 51),
      ...many(50, 60, 'busy', 'admitted', 101),
      [60, { target: 'busy', ...of(1_000) }, 'rate_limited'],
    ],
  ],
  [
    'what was refused for coming too often has not been seen: it may be asked again',
    [
      ...many(100, 0, 'busy', 'admitted'),
      [30, { target: 'busy', ...of(1_000) }, 'rate_limited'],
      [61, { target: 'busy', ...of(1_000) }, 'admitted'],
      [62, { target: 'busy', ...of(1_000) }, 'deduplicated'],
    ],
  ],
  [
    'repetitions do not use up the rate',
    [
      ...many(1, 0, 'busy', 'admitted'),
      ...Array.from({ length: 500 }, (): Asked => [1, { target: 'busy', ...of(1) }, 'deduplicated']),
      ...many(99, 2, 'busy', 'admitted', 2),
    ],
  ],
];

suite('the admission of requests', () => {
  for (const [story, asked] of STORIES) {
    test(story, () => {
      const admission = new TriggerAdmission();
      for (const [index, [atSeconds, parts, expected]] of asked.entries()) {
        const request = triggerRequest(parts);
        const nowMillis = 1_000_000 + atSeconds * 1_000;
        assert.equal(admission.look(request, nowMillis), expected, `request ${index}`);
        if (expected === 'admitted') admission.mark(request, nowMillis);
      }
    });
  }

  test('changes nothing by looking, and nothing by a mark that is taken back', () => {
    const admission = new TriggerAdmission();
    const request = triggerRequest();
    for (let index = 0; index < 150; index++) {
      assert.equal(admission.look(request, 0), 'admitted');
      admission.mark(request, 0)();
    }
    assert.equal(admission.look(request, 0), 'admitted');
  });
});
