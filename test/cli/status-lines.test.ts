import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reportText } from '../../src/cli/report-lines.ts';
import { statusLines } from '../../src/cli/status-lines.ts';
import { cycleSummary } from '../../src/control/cycle-summary.ts';
import type { StatusReport } from '../../src/control/protocol.ts';
import { ScriptedAgent } from '../control/scripted-agent.ts';
import { CYCLE } from '../fake/committed-cycle.ts';
import { assertGolden } from './golden.ts';

const PLAIN = { color: false };
const EVENTS = { emitted: 100, acknowledged: 90, rejected: 0, discarded: 0, expired: 0 };

/** A daemon with nothing to complain about. */
function well(parts: Partial<StatusReport> = {}): StatusReport {
  return {
    ...new ScriptedAgent().status(),
    health: {
      live: { status: 'ok', message: 'the last cycle ended 4 s ago' },
      ready: { status: 'ok', message: 'the last commit is 4 s old' },
    },
    lastCycle: { endedSecondsAgo: 4, committed: { ...cycleSummary(CYCLE), deniedFields: {} } },
    watched: {
      enumerator: 'linux-proc',
      procRoot: '/proc',
      hostId: '3d1219c7c4c5404a',
      pidNamespace: 4026531836,
      enhancedMetadata: true,
      maxProcesses: 0,
      hashes: true,
    },
    rights: { held: 'uid 64999, with CAP_DAC_READ_SEARCH and CAP_SYS_PTRACE', deniedAdvice: 'nothing helps' },
    events: { 'collector/process/events': EVENTS, 'collector/process/lifecycle': EVENTS },
    ...parts,
  };
}

const TROUBLE: StatusReport = {
  ...well(),
  health: {
    live: { status: 'failing', message: 'no cycle has ended for 95 s' },
    ready: { status: 'failing', message: 'x' },
  },
  lastCycle: {
    endedSecondsAgo: 95,
    committed: { ...cycleSummary(CYCLE), truncated: true, vanished: 2, clockOffsetSeconds: -3600 },
    failure: 'the disk is full \u001b[2J',
  },
  watched: {
    enumerator: 'linux-proc',
    procRoot: '/host/proc',
    sight: 'euid=1000 groups=1000 ptrace=0',
    enhancedMetadata: false,
    maxProcesses: 500,
    hashes: false,
  },
  rights: { held: 'uid 1000, without CAP_SYS_PTRACE', deniedAdvice: 'uid 1000 lacks CAP_SYS_PTRACE: systemd gives it' },
  outbox: {
    endpoint: 'https://***@collector.example/v1/logs',
    records: 12_345,
    bytes: 3_000_000,
    maxBytes: 1024 ** 3,
    oldestAgeSeconds: 4_000,
    topics: [
      { topic: 'collector/process/events', records: 12_300, bytes: 2_999_300, oldestAgeSeconds: 4_000 },
      { topic: 'collector/process/lifecycle', records: 45, bytes: 700, oldestAgeSeconds: 60 },
    ],
    deadLetters: 3,
    retrying: 1,
    givenUp: [
      { topic: 'collector/process/events', reason: 'outbox_full', records: 6, first: 1, last: 9 },
      { topic: 'collector/process/events', reason: 'expired', records: 1, first: 10, last: 10 },
    ],
    lastRefusal: 'https://***@collector.example/v1/logs answered 400: bad\nrecord \u202e',
    blocked: {
      reason: 'unauthorized',
      message: 'https://***@collector.example/v1/logs answered 401',
      retryInSeconds: 12,
    },
  },
  events: {
    'collector/process/events': { ...EVENTS, discarded: 6, expired: 1, rejected: 3 },
    'collector/process/findings': { ...EVENTS, emitted: 2 },
    'collector/triggers/binary-hasher': { ...EVENTS, emitted: 4 },
  },
  sources: [
    {
      name: 'process-monitor',
      capabilities: ['process'],
      health: { healthy: false, message: 'the last cycle failed' },
    },
    { name: 'other', capabilities: [], health: { healthy: true, message: 'well' } },
  ],
};

test('keeps the screen as it was last looked at (UPDATE_GOLDEN=1 accepts the new text)', () => {
  assertGolden('status.txt', reportText(statusLines(well()), PLAIN));
  assertGolden('status-trouble.txt', reportText(statusLines(TROUBLE), PLAIN));
});

test('shows what somebody should look at in colour, and nothing else', () => {
  const marked = (report: StatusReport) =>
    statusLines(report)
      .filter(({ tone }) => tone !== undefined)
      .map(({ label, tone }) => `${label} ${tone}`);
  assert.deepEqual(marked(well()), []);
  assert.deepEqual(marked(TROUBLE), [
    'health bad',
    'cycle bad',
    'clock odd',
    'not seen odd',
    'refused odd',
    'given up odd',
    ' odd',
    'blocked bad',
    'events odd',
    'findings odd',
    'sources bad',
  ]);
  const text = reportText(statusLines(TROUBLE), { color: true }).replaceAll('\u001b', 'ESC');
  assert.match(text, /ESC\[1;31mno cycle has ended for 95 sESC\[0m\n/);
});

test('says that the last cycle failed while what was committed before it is still fresh', () => {
  const lastFailure = 'the disk is full';
  const message = `the last commit is 9 s old; the last cycle failed: ${lastFailure}`;
  const [, health] = statusLines(
    well({
      health: {
        live: { status: 'ok', message: 'the last cycle ended 4 s ago', lastFailure },
        ready: { status: 'ok', message, lastFailure },
      },
    }),
  );
  assert.deepEqual(health, { label: 'health', text: `live and ready: ${message}`, tone: 'odd' });
});

test('says of a daemon that has just begun what it can', () => {
  const { lastCycle, ...young } = well({ watched: { enhancedMetadata: true, maxProcesses: 0, hashes: false } });
  assert.notEqual(lastCycle, undefined);
  const text = reportText(statusLines(young), PLAIN);
  assert.match(text, /^cycle +none has ended yet; one every 30 s$/m);
  assert.match(text, /^watched +nothing was seen yet$/m);
});

test('keeps hostile bytes out of the terminal, with and without colours', () => {
  const without = reportText(statusLines(TROUBLE), PLAIN);
  assert.doesNotMatch(without, /[^\P{Cc}\n]|[\u202a-\u202e]/u);
  const colors = ['\u001b[0m', '\u001b[1m', '\u001b[33m', '\u001b[1;31m'];
  const colored = colors.reduce(
    (text, color) => text.replaceAll(color, ''),
    reportText(statusLines(TROUBLE), { color: true }),
  );
  assert.doesNotMatch(colored, /[^\P{Cc}\n]|[\u202a-\u202e]/u);
});
