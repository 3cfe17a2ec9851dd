import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { ProcmondError } from '../../src/base/errors.ts';
import {
  type AgentEvent,
  type CycleCompletedEvent,
  FINDING_SEVERITIES,
  type FindingEvent,
  type ForeignEvent,
  type ProcessChanged,
  type ProcessStarted,
  type ProcessStopped,
} from '../../src/event/collection-event.ts';
import type { ProcessEvent } from '../../src/event/process-event.ts';
import { PROCESS_FIELDS } from '../../src/event/process-fields.ts';
import type { TriggerRequest } from '../../src/event/trigger-request.ts';
import { toEventRecord } from '../../src/otlp/event-record.ts';
import { TOPIC_TABLE } from '../../src/topics/topic-table.ts';
import { triggerEvent } from '../fake/trigger.ts';

const NOW = Date.UTC(2026, 10, 23, 12);
const CYCLE = '0199f2d4-7c3e-7000-8000-000000000001';

const PROCESS: ProcessEvent = {
  pid: 4242,
  ppid: 811,
  name: 'curl',
  executablePath: '/usr/bin/curl',
  commandLine: ['curl', '-s', 'https://example.org'],
  startTime: NOW - 5_000,
  userId: 33,
  accessible: true,
  timestamp: NOW,
  platformMetadata: { userName: 'www-data', startTicks: 12, containerId: 'c0ffee' },
};

const started = (given: Partial<ProcessStarted> = {}): ProcessStarted => ({
  kind: 'process',
  action: 'started',
  cause: 'live',
  process: PROCESS,
  previousSampleMillis: NOW - 30_000,
  ...given,
});

const STOPPED: ProcessStopped = {
  kind: 'process',
  action: 'stopped',
  cause: 'while_down',
  process: PROCESS,
  exitNotBeforeMillis: NOW - 30_000,
  exitNotAfterMillis: NOW,
  runTimeMillis: 90_500,
};

const CHANGED: ProcessChanged = {
  kind: 'process',
  action: 'changed',
  cause: 'live',
  process: PROCESS,
  changes: [
    { field: 'process.user.id', old: 1000, new: 0 },
    { field: 'process.command_args', old: ['sh'], new: ['curl', '-s'] },
    { field: 'procmond.executable.deleted', old: false, new: true },
  ],
};

const CYCLE_EVENT: CycleCompletedEvent = {
  kind: 'cycle',
  timestampMillis: NOW,
  events: 7,
  processes: 100,
  observed: 3,
  started: 1,
  stopped: 2,
  changed: 0,
  findings: 0,
  triggers: 0,
  ruleErrors: 0,
  deniedFields: 9,
  vanished: 1,
  truncated: false,
  inventory: true,
  durationMillis: 12,
  refreshCycles: 10,
};

const agent = (given: Partial<AgentEvent>): AgentEvent => ({
  kind: 'agent',
  name: 'baseline',
  timestampMillis: NOW,
  message: 'a message',
  attributes: { 'procmond.baseline.reason': 'first_run' },
  ...given,
});

const foreign = (given: Partial<ForeignEvent> = {}): ForeignEvent => ({
  kind: 'network',
  topic: 'sensor/net',
  eventName: 'sensor.flow',
  timestampMillis: NOW,
  severityNumber: 9,
  body: 'a flow',
  attributes: { 'sensor.bytes': 12 },
  ...given,
});

suite('a record of a process', () => {
  test('has its topic, name, cycle and every attribute of the field table that is known', () => {
    const record = toEventRecord({ kind: 'process', action: 'observed', process: PROCESS }, CYCLE);
    assert.equal(record.topic, 'collector/process/events');
    assert.equal(record.eventName, 'procmond.process.observed');
    assert.equal(record.severityNumber, 9);
    const fields = PROCESS_FIELDS.map((field) => [
      field.attribute,
      field.read(PROCESS, PROCESS.platformMetadata ?? {}),
    ]).filter(([, value]) => value !== undefined);
    assert.deepEqual(record.attributes, {
      'procmond.topic': 'collector/process/events',
      'procmond.cycle.id': CYCLE,
      ...Object.fromEntries(fields),
    });
  });

  test('of a stop says between which times it was, that this is an estimate, and how long it ran at most', () => {
    const { topic, eventName, attributes, timestampMillis } = toEventRecord(STOPPED, CYCLE);
    assert.deepEqual([topic, eventName], ['collector/process/lifecycle', 'procmond.process.stopped']);
    assert.equal(timestampMillis, NOW);
    assert.equal(attributes['procmond.lifecycle.cause'], 'while_down');
    assert.equal(attributes['procmond.exit.not_before'], '2026-11-23T11:59:30.000Z');
    assert.equal(attributes['process.exit.time'], '2026-11-23T12:00:00.000Z');
    assert.equal(attributes['procmond.exit.estimated'], true);
    assert.equal(attributes['procmond.process.run_time_seconds'], 90.5);
    assert.deepEqual(attributes['process.command_args'], PROCESS.commandLine);
  });

  test('of a change has the names, and old and new values under the same names', () => {
    const { topic, eventName, attributes } = toEventRecord(CHANGED, CYCLE);
    assert.deepEqual([topic, eventName], ['collector/process/lifecycle', 'procmond.process.changed']);
    assert.equal(attributes['procmond.lifecycle.cause'], 'live');
    assert.deepEqual(attributes['procmond.change.fields'], [
      'process.user.id',
      'process.command_args',
      'procmond.executable.deleted',
    ]);
    assert.deepEqual(attributes['procmond.change.old'], {
      'process.user.id': 1000,
      'process.command_args': ['sh'],
      'procmond.executable.deleted': false,
    });
    assert.deepEqual(attributes['procmond.change.new'], {
      'process.user.id': 0,
      'process.command_args': ['curl', '-s'],
      'procmond.executable.deleted': true,
    });
  });

  test('of a change says when procmond did not run meanwhile', () => {
    const { attributes, body } = toEventRecord({ ...CHANGED, cause: 'while_down' }, CYCLE);
    assert.equal(attributes['procmond.lifecycle.cause'], 'while_down');
    assert.match(body, /^changed curl \(4242\) by www-data while procmond did not run: process\.user\.id 1000 -> 0/);
  });
});

suite('the timestamp', () => {
  for (const [story, event, expected] of [
    ['of what is observed is the sample time', { kind: 'process', action: 'observed', process: PROCESS }, NOW],
    ['of a live start is its creation time', started(), NOW - 5_000],
    [
      'of a live start is not before the sample before, when it should have been seen then',
      started({ process: { ...PROCESS, startTime: NOW - 31_000 } }),
      NOW - 30_000,
    ],
    [
      'of a live start is at most ten minutes back, however long the interval',
      started({ process: { ...PROCESS, startTime: NOW - 3_000_000 }, previousSampleMillis: NOW - 3_600_000 }),
      NOW - 600_000,
    ],
    [
      'of a live start is not after the sample, when the clock went back',
      started({ process: { ...PROCESS, startTime: NOW + 60_000 } }),
      NOW,
    ],
    [
      'of a live start is the sample time when the sample before lies in the future',
      started({ previousSampleMillis: NOW + 60_000 }),
      NOW,
    ],
    ['of a start while procmond did not run is the sample time', started({ cause: 'while_down' }), NOW],
    ['of a start by a reboot is the sample time', started({ cause: 'reboot' }), NOW],
    ['of a stop is the sample time', STOPPED, NOW],
    ['of a change is the sample time', CHANGED, NOW],
    ['of a cycle is the sample time', CYCLE_EVENT, NOW],
  ] as const) {
    test(story, () => assert.equal(toEventRecord(event, CYCLE).timestampMillis, expected));
  }

  test('of a live start without a creation time is the sample time', () => {
    const { startTime: _, ...unknown } = PROCESS;
    assert.equal(toEventRecord(started({ process: unknown }), CYCLE).timestampMillis, NOW);
  });
});

const FINDING: FindingEvent = {
  kind: 'finding',
  rule: {
    id: 'memfd-executable',
    title: 'Executable that was never on disk',
    description: 'A process runs from memory.',
    category: 'defense-evasion',
    severity: 'high',
    techniques: ['T1620'],
  },
  process: PROCESS,
  parentName: 'php-fpm',
  timestampMillis: NOW,
  message: 'curl (4242) runs from memory',
  attributes: { 'procmond.finding.previous_user.id': 33 },
};

suite('the record of a finding', () => {
  test('has the whole process, the rule by the standard names, and what the rule went by', () => {
    const { topic, eventName, attributes, body, timestampMillis } = toEventRecord(FINDING, CYCLE);
    assert.deepEqual([topic, eventName], ['collector/process/findings', 'procmond.process.finding']);
    assert.equal(timestampMillis, NOW);
    const { attributes: observed } = toEventRecord({ kind: 'process', action: 'observed', process: PROCESS }, CYCLE);
    assert.deepEqual(attributes, {
      ...observed,
      'procmond.topic': 'collector/process/findings',
      'procmond.finding.previous_user.id': 33,
      'security_rule.name': 'memfd-executable',
      'security_rule.description': 'A process runs from memory.',
      'security_rule.category': 'defense-evasion',
      'procmond.finding.severity': 'high',
      'procmond.finding.techniques': ['T1620'],
    });
    assert.equal(
      body,
      'high finding memfd-executable: curl (4242) runs from memory [by www-data, child of php-fpm (811)]',
    );
  });

  test('has the severity number of its severity', () => {
    const numbers = FINDING_SEVERITIES.map(
      (severity) => toEventRecord({ ...FINDING, rule: { ...FINDING.rule, severity } }, CYCLE).severityNumber,
    );
    assert.deepEqual(numbers, [13, 14, 17, 21]);
  });

  test('has no process where none is there, and no techniques where none fits', () => {
    const { process: _, parentName: __, ...rest } = FINDING;
    const event = { ...rest, rule: { ...FINDING.rule, techniques: [] }, message: 'web is missing', attributes: {} };
    const { attributes, body } = toEventRecord(event, CYCLE);
    assert.deepEqual(Object.keys(attributes).toSorted(), [
      'procmond.cycle.id',
      'procmond.finding.severity',
      'procmond.topic',
      'security_rule.category',
      'security_rule.description',
      'security_rule.name',
    ]);
    assert.equal(body, 'high finding memfd-executable: web is missing');
  });

  test('is below 32 KiB, and harmless to read, whatever a process is called', () => {
    const name = 'x\x1b[31m\n'.repeat(5_000);
    const event = {
      ...FINDING,
      message: `${name} runs from memory`,
      process: { ...PROCESS, name, executablePath: name },
    };
    const { attributes, body } = toEventRecord(event, CYCLE);
    assert.ok(Buffer.byteLength(JSON.stringify(attributes)) < 32 * 1024);
    assert.ok(!body.includes('\x1b') && !body.includes('\n'));
    assert.match(body, /child of php-fpm \(811\)\]$/);
    assert.equal(attributes['security_rule.name'], 'memfd-executable');
  });
});

suite('the record of a trigger', () => {
  test('goes to the topic of whom it asks, and says what is asked about whom', () => {
    const request: TriggerRequest = {
      triggerId: '0199f2d4-7c3e-7000-8000-000000000009',
      target: 'binary-hasher',
      analysisType: 'binary_hash',
      priority: 'high',
      process: { pid: 4242, startTicks: 12 },
      correlationId: 'finding:x:4242:12',
      metadata: { 'security_rule.name': 'x' },
      requestedAtMillis: NOW,
    };
    const record = toEventRecord({ kind: 'trigger', timestampMillis: NOW, request }, CYCLE);
    assert.deepEqual(
      [record.topic, record.eventName, record.severityNumber],
      ['collector/triggers/binary-hasher', 'procmond.trigger.requested', 9],
    );
    assert.equal(record.attributes['procmond.trigger.correlation_id'], 'finding:x:4242:12');
    assert.equal(record.attributes['process.pid'], 4242);
    assert.equal(record.body, 'asked binary-hasher for binary_hash of process 4242 (high)');
  });
});

suite('the record of a cycle', () => {
  test('has all counts, and tasks created only where they are known', () => {
    const { topic, eventName, attributes, body } = toEventRecord(CYCLE_EVENT, CYCLE);
    assert.deepEqual([topic, eventName], ['collector/process/cycles', 'procmond.cycle.completed']);
    const expected = {
      'procmond.topic': 'collector/process/cycles',
      'procmond.cycle.id': CYCLE,
      'procmond.cycle.events': 7,
      'procmond.cycle.processes': 100,
      'procmond.cycle.observed': 3,
      'procmond.cycle.started': 1,
      'procmond.cycle.stopped': 2,
      'procmond.cycle.changed': 0,
      'procmond.cycle.findings': 0,
      'procmond.cycle.triggers': 0,
      'procmond.cycle.rule_errors': 0,
      'procmond.cycle.denied_fields': 9,
      'procmond.cycle.vanished': 1,
      'procmond.cycle.truncated': false,
      'procmond.cycle.inventory': true,
      'procmond.cycle.duration_ms': 12,
      'procmond.cycle.refresh_cycles': 10,
    };
    assert.deepEqual(attributes, expected);
    assert.equal(body, 'cycle: 100 processes, 1 started, 2 stopped, 0 changed, 3 told in 12 ms');
    assert.deepEqual(toEventRecord({ ...CYCLE_EVENT, tasksCreated: 5 }, CYCLE).attributes, {
      ...expected,
      'procmond.cycle.tasks_created': 5,
    });
  });
});

suite('a record of a request for an analysis', () => {
  test('has what is asked, of whom, about what, and is in its cycle', () => {
    const process = { pid: 4242, startTicks: 12, cpid: 'cafe', creationTimeMillis: NOW - 5_000 };
    const event = triggerEvent({ process, priority: 'high', metadata: { rule: 'deleted-executable' } });
    assert.deepEqual(toEventRecord(event, CYCLE), {
      topic: 'collector/triggers/binary-hasher',
      eventName: 'procmond.trigger.requested',
      timestampMillis: event.timestampMillis,
      severityNumber: 9,
      body: 'asked binary-hasher for binary_hash of process 4242 (high)',
      attributes: {
        'procmond.topic': 'collector/triggers/binary-hasher',
        'procmond.cycle.id': CYCLE,
        'procmond.trigger.id': '019b7cbc-1234-7abc-8def-0123456789ab',
        'procmond.trigger.target': 'binary-hasher',
        'procmond.trigger.analysis_type': 'binary_hash',
        'procmond.trigger.priority': 'high',
        'procmond.trigger.correlation_id': 'case 7',
        'procmond.trigger.requested_time': '2026-01-02T03:04:05.000Z',
        'procmond.trigger.metadata': { rule: 'deleted-executable' },
        'process.pid': 4242,
        'procmond.process.start_ticks': 12,
        'process.creation.time': '2026-11-23T11:59:55.000Z',
        'procmond.process.cpid': 'cafe',
      },
    });
  });

  test('has the file where there is no process, and nothing that is not known', () => {
    const { topic, body, attributes } = toEventRecord(
      triggerEvent({ target: 'sandbox', path: '/opt/a\nb' }),
      undefined,
    );
    assert.deepEqual(
      [topic, body],
      ['collector/triggers/sandbox', 'asked sandbox for binary_hash of file /opt/a\\nb (normal)'],
    );
    assert.equal(attributes['file.path'], '/opt/a\nb');
    for (const absent of ['process.pid', 'procmond.trigger.metadata', 'procmond.cycle.id']) {
      assert.equal(absent in attributes, false, absent);
    }
  });

  test('is within the size of a record, however much comes with it', () => {
    const event = triggerEvent({ metadata: { note: 'é'.repeat(32_000) } });
    const { attributes } = toEventRecord(event, undefined);
    assert.ok(Buffer.byteLength(JSON.stringify(attributes)) < 32_768);
    assert.equal(attributes['procmond.record_truncated'], true);
    assert.equal(attributes['procmond.trigger.correlation_id'], 'case 7');
  });
});

suite('a record of procmond itself', () => {
  test('belongs to no cycle', () => {
    const record = toEventRecord(agent({}), CYCLE);
    assert.deepEqual([record.topic, record.eventName], ['collector/agent/health', 'procmond.agent.baseline']);
    assert.deepEqual(record.attributes, {
      'procmond.topic': 'collector/agent/health',
      'procmond.baseline.reason': 'first_run',
    });
    assert.equal(record.severityNumber, 9);
  });

  test('is a warning where something is wrong', () => {
    assert.equal(toEventRecord(agent({ name: 'degraded' }), undefined).severityNumber, 13);
    assert.equal(toEventRecord(agent({ name: 'events_discarded' }), undefined).severityNumber, 13);
    assert.equal(toEventRecord(agent({ name: 'recovered' }), undefined).severityNumber, 9);
  });

  test('is harmless and bounded, whatever is in its message and attributes', () => {
    const record = toEventRecord(
      agent({
        message: `a\x1b[2J\n${'x'.repeat(9_999)}`,
        attributes: { 'procmond.scope.new': { sight: 'g'.repeat(99_999) } },
      }),
      undefined,
    );
    assert.match(record.body, /^a\\x1b\[2J\\n/);
    assert.ok(Buffer.byteLength(JSON.stringify(record)) < 32_768);
  });
});

const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`a.${index}`, index]));

suite('a record of another source', () => {
  test('is taken as it is, on its topic and in its cycle', () => {
    assert.deepEqual(toEventRecord(foreign(), CYCLE), {
      topic: 'sensor/net',
      eventName: 'sensor.flow',
      timestampMillis: NOW,
      severityNumber: 9,
      body: 'a flow',
      attributes: { 'procmond.topic': 'sensor/net', 'procmond.cycle.id': CYCLE, 'sensor.bytes': 12 },
    });
    assert.deepEqual(toEventRecord(foreign(), undefined).attributes, {
      'procmond.topic': 'sensor/net',
      'sensor.bytes': 12,
    });
  });

  test('cannot go to another topic or cycle by an attribute', () => {
    const attributes = { 'procmond.topic': 'collector/agent/health', 'procmond.cycle.id': 'mine' };
    assert.deepEqual(toEventRecord(foreign({ attributes }), CYCLE).attributes, {
      'procmond.topic': 'sensor/net',
      'procmond.cycle.id': CYCLE,
    });
  });

  test('has a body that is harmless on a terminal', () => {
    assert.equal(toEventRecord(foreign({ body: 'a\u202eb\n' }), CYCLE).body, 'a\\u{202e}b\\n');
  });

  test('may hold texts, numbers, booleans, lists of texts and flat maps', () => {
    const attributes = { a: 'x', b: 1.5, c: false, d: ['x', ''], e: { f: 'x', g: ['y'], h: 0 }, i: [], j: {} };
    assert.deepEqual(toEventRecord(foreign({ attributes }), undefined).attributes, {
      'procmond.topic': 'sensor/net',
      ...attributes,
    });
  });

  test('may have 95 attributes beside topic and cycle', () => {
    assert.equal(Object.keys(toEventRecord(foreign({ attributes: many(95) }), CYCLE).attributes).length, 97);
  });

  for (const [story, given, problem] of [
    ['on no topic', { topic: '' }, /on topic "": in the topic, segment 1/],
    ['on an illegal topic', { topic: 'Sensor/net' }, /in the topic, segment 1 \("Sensor"\)/],
    ['with too many attributes', { attributes: many(96) }, /it has 98 attributes, at most 97/],
    ['without a name', { eventName: '' }, /no event name/],
    ['with no time', { timestampMillis: Number.NaN }, /timestamp is NaN/],
    ['with an endless time', { timestampMillis: Number.POSITIVE_INFINITY }, /timestamp is Infinity/],
    ['with a time before the epoch', { timestampMillis: -1 }, /timestamp is -1/],
    ['with a time in nanoseconds', { timestampMillis: NOW * 1e6 }, /timestamp is/],
    ['with a severity out of range', { severityNumber: 25 }, /severity number is 25/],
    ['with no severity', { severityNumber: 0 }, /severity number is 0/],
    ['with a body that is no text', { body: { a: 1 } }, /body is not a string/],
    ['with an attribute that is null', { attributes: { a: null } }, /attribute "a" has a value/],
    ['with an attribute that is undefined', { attributes: { a: undefined } }, /attribute "a"/],
    ['with an attribute that is no number', { attributes: { a: Number.NaN } }, /attribute "a"/],
    ['with a list of numbers', { attributes: { a: [1] } }, /attribute "a"/],
    ['with a map of maps', { attributes: { a: { b: { c: 1 } } } }, /attribute "a"/],
    ['with a big integer', { attributes: { a: 1n } }, /attribute "a"/],
  ] as const) {
    test(`is refused ${story}`, () => {
      assert.throws(
        () => toEventRecord(foreign(given as unknown as Partial<ForeignEvent>), CYCLE),
        (error) => error instanceof ProcmondError && error.code === 'EVENT_INVALID' && problem.test(error.message),
      );
    });
  }
});

suite('every record', () => {
  test('is of a topic and a name that the topic table has', () => {
    const names = [
      'baseline',
      'scope_changed',
      'degraded',
      'recovered',
      'state_lost',
      'events_discarded',
      'started',
      'stopped',
    ] as const;
    for (const event of [started(), STOPPED, CHANGED, FINDING, CYCLE_EVENT, ...names.map((name) => agent({ name }))]) {
      const { topic, eventName } = toEventRecord(event, CYCLE);
      assert.ok(
        TOPIC_TABLE.find((row) => row.topic === topic)?.eventNames.includes(eventName),
        `${eventName} on ${topic}`,
      );
    }
  });

  test('is below 32 KiB of JSON with 100 attributes, whatever a process puts into its texts', () => {
    for (const unit of ['a', 'é', '€', '😀', '\x01', '"', '\\', '\u2028', '\ud800']) {
      const args = Array.from({ length: 256 }, () => unit.repeat(Math.floor(8192 / 256 / unit.length)));
      const text = unit.repeat(4096 / unit.length);
      const process: ProcessEvent = {
        ...PROCESS,
        name: unit.repeat(15),
        executablePath: `/${text}`,
        commandLine: args,
        platformMetadata: {
          ...PROCESS.platformMetadata,
          workingDirectory: `/${text}`,
          cgroup: text,
          userName: unit.repeat(32),
        },
      };
      const changes = [
        { field: 'process.command_args', old: args.toReversed(), new: args },
        { field: 'process.executable.path', old: text, new: `/${text}` },
        { field: 'process.linux.cgroup', old: text, new: `/${text}` },
      ];
      for (const event of [started({ process }), { ...STOPPED, process }, { ...CHANGED, process, changes }]) {
        const record = toEventRecord(event, CYCLE);
        const bytes = Buffer.byteLength(JSON.stringify(record));
        assert.ok(bytes < 31 * 1024, `${bytes} bytes of ${JSON.stringify(unit)}`);
        assert.ok(record.body.length <= 2_003);
        assert.equal(record.attributes['process.pid'], 4242);
        assert.equal(record.attributes['procmond.cycle.id'], CYCLE);
        assert.ok(Object.keys(record.attributes).length <= 98);
      }
    }
  });
});

suite('the record of a process', () => {
  const attributesOf = (given: ProcessEvent) =>
    toEventRecord({ kind: 'process', action: 'observed', process: given }, CYCLE).attributes;
  const ids = { realUserId: 33, savedUserId: 33, filesystemUserId: 33, groupId: 33, realGroupId: 33, virtualPid: 4242 };

  test('leaves out what only repeats another attribute or is as it nearly always is', () => {
    const usual = { kernelThread: false, noNewPrivileges: false, seccompMode: 0, nice: 0, executableDeleted: false };
    const plain = attributesOf({ ...PROCESS, platformMetadata: { userName: 'www-data', groupId: 33 } });
    const repeating = attributesOf({
      ...PROCESS,
      platformMetadata: { userName: 'www-data', realUserName: 'www-data', ...ids, ...usual },
    });
    assert.deepEqual(repeating, plain);
  });

  test('tells each of them as soon as it differs', () => {
    const attributes = attributesOf({
      ...PROCESS,
      platformMetadata: { ...ids, realUserId: 0, savedUserId: 1, virtualPid: 7, kernelThread: true, nice: -5 },
    });
    assert.equal(attributes['process.real_user.id'], 0);
    assert.equal(attributes['process.saved_user.id'], 1);
    assert.equal(attributes['process.vpid'], 7);
    assert.equal(attributes['procmond.process.kernel_thread'], true);
    assert.equal(attributes['procmond.process.nice'], -5);
    assert.equal('procmond.process.filesystem_user.id' in attributes, false);
  });
});
