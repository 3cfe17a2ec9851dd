import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { type DescriptionContext, describeProcess } from '../../src/process/describe-process.ts';
import { type GivenProcess, processOf } from './process-table.ts';

const CONTEXT: DescriptionContext = {
  sampledAtMillis: 9_000_000,
  bootAnchorMillis: 1_000_000,
  ticksPerSecond: 100,
  enhanced: true,
  userName: (id) => ({ 0: 'root', 1000: 'ada' })[id],
  groupName: (id) => ({ 100: 'users' })[id],
  cpidOf: (pid) => (pid === 1 ? 'the parent' : undefined),
};

function describe(given: GivenProcess, context: Partial<DescriptionContext> = {}) {
  const process = processOf(given);
  return describeProcess(process, process, { ...CONTEXT, ...context });
}

suite('a described process', () => {
  test('has all of its fields in their units', () => {
    const event = describe({
      pid: 5,
      startTicks: 12_345,
      cpuUtilization: 1.5,
      rssBytes: 4096,
      terminal: 34_816,
      details: { groupId: 100, realUserId: 0, cpid: 'its own' },
    });
    // As JSON has it, where absent and undefined are one.
    const { platformMetadata, ...rest } = JSON.parse(JSON.stringify(event)) as typeof event;
    assert.deepEqual(rest, {
      pid: 5,
      ppid: 1,
      name: 'app',
      executablePath: '/usr/bin/app',
      commandLine: ['app', '-v'],
      startTime: 1_123_450,
      cpuUsage: 150,
      memoryUsage: 4096,
      userId: 1000,
      accessible: true,
      fileExists: true,
      timestamp: 9_000_000,
    });
    assert.deepEqual(platformMetadata, {
      cpid: 'its own',
      parentCpid: 'the parent',
      startTicks: 12_345,
      startTickSeconds: 0.01,
      enriched: true,
      kernelThread: false,
      stateCode: 'S',
      executableDeleted: false,
      executableDevice: 7,
      executableInode: 70,
      argsCount: 2,
      argsTruncated: false,
      userName: 'ada',
      realUserId: 0,
      realUserName: 'root',
      groupId: 100,
      groupName: 'users',
      effectiveCapabilities: '0000000000000000',
      processGroupId: 1,
      sessionId: 1,
      interactive: true,
      terminal: 'pts/0',
      threads: 1,
      virtualMemoryBytes: 1_000_000,
      userCpuSeconds: 1.5,
      systemCpuSeconds: 0.5,
      nice: 0,
    });
  });

  test('has one shape, whatever is known of the process', () => {
    const known = describe({ pid: 5, details: { groupId: 100, cpid: 'its own' } });
    const unknown = describe({ pid: 5, details: { userId: undefined, args: undefined, executableExists: undefined } });
    assert.deepEqual(Object.keys(unknown), Object.keys(known));
    assert.deepEqual(Object.keys(unknown.platformMetadata ?? {}), Object.keys(known.platformMetadata ?? {}));
    assert.equal(unknown.fileExists, undefined);
    assert.deepEqual(unknown.commandLine, []);
  });

  test('is not accessible when anything was denied, and says what', () => {
    const event = describe({ pid: 5, details: { deniedFields: ['process.executable.path'] } });
    assert.equal(event.accessible, false);
    assert.deepEqual(event.platformMetadata?.deniedFields, ['process.executable.path']);
  });

  test('has its hash with its algorithm, or neither', () => {
    const hashed = describe({ pid: 5 }, { hashOf: (details) => (details === undefined ? undefined : 'ab') });
    assert.deepEqual([hashed.executableHash, hashed.hashAlgorithm], ['ab', 'sha256']);
    const unhashed = describe({ pid: 5 }, { hashOf: () => undefined });
    assert.deepEqual([unhashed.executableHash, unhashed.hashAlgorithm], [undefined, undefined]);
  });

  test('has no figures without enhanced metadata, but its state', () => {
    const event = describe({ pid: 5, cpuUtilization: 1 }, { enhanced: false });
    for (const field of ['cpuUsage', 'memoryUsage'] as const) assert.equal(event[field], undefined);
    for (const field of ['threads', 'nice', 'virtualMemoryBytes', 'userCpuSeconds', 'systemCpuSeconds'] as const) {
      assert.equal(event.platformMetadata?.[field], undefined);
    }
    assert.equal(event.platformMetadata?.stateCode, 'S');
  });

  test('names a name whose bytes are no text among the escaped fields', () => {
    const event = describe({ pid: 5, commEscaped: true, details: { escapedFields: ['process.command_args'] } });
    assert.deepEqual(event.platformMetadata?.escapedFields, ['procmond.process.comm', 'process.command_args']);
  });

  test('has a creation time to the tick for whatever ticks the kernel counts', () => {
    assert.equal(describe({ pid: 5, startTicks: 1 }, { ticksPerSecond: 1024 }).startTime, 1_000_001);
    assert.equal(describe({ pid: 5, startTicks: 0 }).startTime, 1_000_000);
  });

  test('of a row alone has what stays', () => {
    const event = describeProcess(processOf({ pid: 5 }), undefined, CONTEXT);
    assert.equal(event.name, 'app');
    assert.deepEqual([event.memoryUsage, event.platformMetadata?.stateCode], [undefined, undefined]);
  });
});
