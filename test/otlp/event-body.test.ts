import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { ProcessCollectionEvent } from '../../src/event/collection-event.ts';
import type { ProcessEvent } from '../../src/event/process-event.ts';
import { displayBody, processBody } from '../../src/otlp/event-body.ts';

const PROCESS: ProcessEvent = {
  pid: 4242,
  ppid: 811,
  name: 'curl',
  commandLine: ['curl', '-s', 'https://example.org'],
  startTime: 1_000_000,
  userId: 33,
  accessible: true,
  timestamp: 2_000_000,
  platformMetadata: { userName: 'www-data' },
};

const observed = (process: Partial<ProcessEvent>, parentName?: string): ProcessCollectionEvent => ({
  kind: 'process',
  action: 'observed',
  process: { ...PROCESS, ...process },
  ...(parentName !== undefined && { parentName }),
});

const stopped = (
  cause: 'live' | 'while_down' | 'reboot',
  runTimeMillis?: number,
  process: Partial<ProcessEvent> = {},
): ProcessCollectionEvent => ({
  kind: 'process',
  action: 'stopped',
  cause,
  process: { ...PROCESS, ...process },
  exitNotBeforeMillis: 1_500_000,
  exitNotAfterMillis: 2_000_400,
  ...(runTimeMillis !== undefined && { runTimeMillis }),
});

suite('the sentence', () => {
  for (const [event, sentence] of [
    [observed({}), 'curl (4242) by www-data: curl -s https://example.org'],
    [observed({}, 'php-fpm'), 'curl (4242) by www-data, child of php-fpm (811): curl -s https://example.org'],
    [observed({ commandLine: [] }), 'curl (4242) by www-data'],
    [
      observed({ commandLine: [], platformMetadata: { commandLineText: 'curl.exe -s' } }),
      'curl (4242) by uid 33: curl.exe -s',
    ],
    [observed({ platformMetadata: {} }), 'curl (4242) by uid 33: curl -s https://example.org'],
    [
      observed({ name: 'kworker/0:1', userId: 0, commandLine: [], platformMetadata: { kernelThread: true } }),
      'kworker/0:1 (4242) kernel thread by uid 0',
    ],
    [
      { kind: 'process', action: 'started', cause: 'live', process: PROCESS, parentName: 'php-fpm' },
      'started curl (4242) by www-data, child of php-fpm (811): curl -s https://example.org',
    ],
    [
      { kind: 'process', action: 'started', cause: 'while_down', process: PROCESS },
      'started curl (4242) by www-data while procmond did not run: curl -s https://example.org',
    ],
    [
      { kind: 'process', action: 'started', cause: 'reboot', process: PROCESS },
      'started curl (4242) by www-data with the reboot: curl -s https://example.org',
    ],
    [stopped('live', 1_000_400), 'stopped curl (4242) by www-data, after at most 1000 s: curl -s https://example.org'],
    [
      stopped('reboot', 1_000_400),
      'stopped curl (4242) by www-data with the reboot, after at most 1000 s: curl -s https://example.org',
    ],
    [stopped('live'), 'stopped curl (4242) by www-data: curl -s https://example.org'],
    [
      {
        kind: 'process',
        action: 'changed',
        cause: 'live',
        process: PROCESS,
        changes: [
          { field: 'process.user.id', old: 33, new: 0 },
          { field: 'process.command_args', old: ['sh', '-c'], new: ['curl'] },
        ],
      },
      'changed curl (4242) by www-data: process.user.id 33 -> 0; process.command_args sh -c -> curl',
    ],
  ] as const satisfies readonly (readonly [ProcessCollectionEvent, string])[]) {
    test(`reads ${JSON.stringify(sentence.slice(0, 60))}`, () => assert.equal(processBody(event), sentence));
  }

  test('cuts a long command line', () => {
    const body = processBody(observed({ commandLine: ['x'.repeat(5_000)] }));
    assert.equal(body, `curl (4242) by www-data: ${'x'.repeat(200)}...`);
  });

  test('is harmless, whatever a process is called and called with', () => {
    const hostile = 'a\nb\r\t\x1b[31m\x7f\x9b2J\u202ecod\u2066\u2028';
    const events: readonly ProcessCollectionEvent[] = [
      observed({ name: hostile, commandLine: [hostile] }, hostile),
      stopped('live', undefined, { name: hostile, platformMetadata: { userName: hostile } }),
      {
        kind: 'process',
        action: 'changed',
        cause: 'live',
        process: PROCESS,
        changes: [{ field: 'procmond.process.comm', old: hostile, new: hostile }],
      },
    ];
    for (const event of events) {
      const body = processBody(event);
      // oxlint-disable-next-line no-control-regex -- control characters are what must not be there
      assert.doesNotMatch(body, /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/);
      assert.ok(body.includes('a\\nb\\r\\t\\x1b[31m\\x7f\\x9b2J\\u{202e}cod\\u{2066}\\u{2028}'));
    }
  });

  test('is cut between characters and at 2,000 of them', () => {
    const body = displayBody('😀'.repeat(5_000));
    assert.ok(body.length <= 2_003 && body.isWellFormed());
    assert.ok(processBody(observed({ commandLine: [`x${'😀'.repeat(500)}`] })).isWellFormed());
    assert.equal(displayBody('\0'.repeat(1_000_000)).length, 2_003);
  });
});
