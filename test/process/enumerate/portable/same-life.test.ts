import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { isSameLife, type Sighting } from '../../../../src/process/enumerate/portable/same-life.ts';

/** A host whose wall clock can be set, and a process on it. All in seconds; the first reading is 1,000 s after boot. */
interface Story {
  readonly story: string;
  /** Between the two readings. */
  readonly later: number;
  readonly clockSetBy?: number;
  /** Whether starts are kept as times (macOS, Windows) or made from ages when they are told (Linux). */
  readonly keepsTimes?: boolean;
  /** Of the process, when each reading begins. */
  readonly ageBefore: number;
  readonly ageNow: number;
  /** What the told start is off by at each reading. */
  readonly off?: readonly [number, number];
  readonly readingTakes?: number;
}

const BOOT_WALL = 1_795_000_000;
const FIRST_READING = 1_000;

function sightings({ later, clockSetBy = 0, keepsTimes = false, ...story }: Story): readonly [Sighting, Sighting] {
  const { ageBefore, ageNow, off = [0, 0], readingTakes = 0 } = story;
  const sighting = (uptime: number, bootWall: number, startedWall: number): Sighting => ({
    startedMillis: Math.floor(startedWall) * 1000,
    times: {
      startedAt: { wallMillis: (bootWall + uptime) * 1000, uptimeSeconds: uptime },
      endedAt: { wallMillis: (bootWall + uptime + readingTakes) * 1000, uptimeSeconds: uptime + readingTakes },
    },
  });
  const secondReading = FIRST_READING + later;
  const bootNow = BOOT_WALL + clockSetBy;
  // A start that is kept is one by the clock of its time; what began before the step has the old one.
  const beganBeforeStep = ageNow > later;
  const bootOfStart = keepsTimes && beganBeforeStep ? BOOT_WALL : bootNow;
  return [
    sighting(FIRST_READING, BOOT_WALL, BOOT_WALL + FIRST_READING - ageBefore + off[0]),
    sighting(secondReading, bootNow, bootOfStart + secondReading - ageNow + off[1]),
  ];
}

const steps = [-86_400, -3_600, -90, -3, 3, 90, 3_600, 86_400];

suite('a pid that is listed again stands for the same process', () => {
  const stories: readonly Story[] = [
    { story: 'in an ordinary cycle', later: 30, ageBefore: 500, ageNow: 530 },
    { story: 'a moment later', later: 0.5, ageBefore: 500, ageNow: 500.5 },
    { story: 'when it began just before the first reading', later: 30, ageBefore: 0, ageNow: 30 },
    { story: 'with a start that wavers forth', later: 5, ageBefore: 3, ageNow: 8, off: [0, 2] },
    { story: 'with a start that wavers back', later: 5, ageBefore: 3, ageNow: 8, off: [2, 0] },
    {
      story: 'with a start as late as a slow reading makes it',
      later: 20,
      ageBefore: 1,
      ageNow: 21,
      off: [0, 12],
      readingTakes: 10,
    },
    { story: 'after a night of suspension', later: 40_000, ageBefore: 500, ageNow: 40_500 },
    ...steps.flatMap((clockSetBy) =>
      [true, false].flatMap((keepsTimes): Story[] => {
        const how = `set by ${clockSetBy} s, where starts are ${keepsTimes ? 'kept' : 'counted back'}`;
        return [
          {
            story: `an old one, with the clock ${how}`,
            clockSetBy,
            keepsTimes,
            later: 30,
            ageBefore: 900,
            ageNow: 930,
          },
          {
            story: `a young one, with the clock ${how}`,
            clockSetBy,
            keepsTimes,
            later: 30,
            ageBefore: 4,
            ageNow: 34,
          },
        ];
      }),
    ),
  ];
  for (const story of stories) test(story.story, () => assert.equal(isSameLife(...sightings(story)), true));
});

suite('a pid that is listed again stands for another process', () => {
  const stories: readonly Story[] = [
    { story: 'that began between the readings', later: 30, ageBefore: 500, ageNow: 10 },
    { story: 'that began right after the first reading', later: 30, ageBefore: 500, ageNow: 29 },
    { story: 'that began right before the second one', later: 5, ageBefore: 500, ageNow: 0 },
    { story: 'and the one before was young', later: 30, ageBefore: 6, ageNow: 20 },
    ...steps.map(
      (clockSetBy): Story => ({
        story: `with the clock set by ${clockSetBy} s`,
        clockSetBy,
        later: 30,
        ageBefore: 500,
        ageNow: 10,
      }),
    ),
  ];
  for (const story of stories) test(story.story, () => assert.equal(isSameLife(...sightings(story)), false));
});

test('one without a start is the only one of its pid', () => {
  const [before, now] = sightings({ story: '', later: 30, ageBefore: 500, ageNow: 10 });
  assert.equal(isSameLife({ ...before, startedMillis: undefined }, now), true);
  assert.equal(isSameLife(before, { ...now, startedMillis: undefined }), true);
});
