import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventText } from '../../src/cli/event-text.ts';
import { eventOf } from '../control/scripted-agent.ts';

const NOON = new Date(2026, 10, 23, 12, 3, 4, 567).getTime();

test('tells an event on one line: time, severity, name and sentence', () => {
  const event = eventOf(7, { timestampMillis: NOON, body: 'started sh (7) by root' });
  assert.equal(
    eventText(event, { color: false }),
    '12:03:04.567 INFO  procmond.process.started started sh (7) by root',
  );
  assert.equal(
    eventText(event, { color: true }).replaceAll('\u001b', 'ESC'),
    '12:03:04.567 ESC[32mINFO ESC[0m ESC[2mprocmond.process.startedESC[0m started sh (7) by root',
  );
});

const SEVERITIES: readonly (readonly [number, string])[] = [
  [0, 'TRACE'],
  [1, 'TRACE'],
  [4, 'TRACE'],
  [5, 'DEBUG'],
  [9, 'INFO '],
  [12, 'INFO '],
  [13, 'WARN '],
  [14, 'WARN '],
  [17, 'ERROR'],
  [21, 'FATAL'],
  [24, 'FATAL'],
];
test('names severities as OpenTelemetry ranges their numbers', () => {
  for (const [severityNumber, name] of SEVERITIES) {
    assert.equal(eventText(eventOf(1, { severityNumber }), { color: false }).slice(13, 18), name);
  }
});

test('says at its place how many events are missing', () => {
  assert.equal(eventText({ dropped: 1 }, { color: false }), '... 1 event missing here: not read in time');
  const text = eventText({ dropped: 12 }, { color: true }).replaceAll('\u001b', 'ESC');
  assert.match(text, /^ESC\[33m\.\.\. 12 events missing/);
});

test('keeps hostile bytes of a body or a name from the terminal', () => {
  const text = eventText(eventOf(1, { body: 'a\nb \u001b[2J \u202e', eventName: 'x\u001b]0;y\u0007' }), {
    color: false,
  });
  assert.doesNotMatch(text, /[\p{Cc}\u202a-\u202e]/u);
});
