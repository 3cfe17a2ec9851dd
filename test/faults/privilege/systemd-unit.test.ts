import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { lacking } from '../../fake/lacking.ts';
import { asStranger, BOTH, lackingStranger, strangersDirectory } from '../../fake/other-user.ts';
import { OtlpEndpoint } from '../../fake/otlp-endpoint.ts';
import { Program } from '../../fake/program.ts';
import { commandLine, runProgram } from '../../fake/run-procmond.ts';
import { RunningProcmond } from '../../fake/running-procmond.ts';
import { scratchDirectory } from '../../fake/scratch-store.ts';

const FILE = join(import.meta.dirname, '../../../deploy/procmond.service');
const analyzed = { skip: lacking({ programs: ['systemd-analyze'] }) };

/** Of the section [Service] and [Unit], all values of a name in their order. */
const directives = Map.groupBy(
  readFileSync(FILE, 'utf8')
    .split('\n')
    .flatMap((line) => [...line.matchAll(/^([A-Za-z]+)=(.*)$/g)].map(([, name = '', value = '']) => ({ name, value }))),
  ({ name }) => name,
);

function valueOf(name: string): string | undefined {
  return directives
    .get(name)
    ?.map(({ value }) => value)
    .join(' ');
}

suite('deploy/procmond.service', () => {
  test('is a unit that systemd takes without a complaint', analyzed, (t) => {
    // The paths it names need not be here: it looks for them.
    const node = directives.get('ExecStart')?.[0]?.value.split(' ')[0] ?? '';
    const file = join(scratchDirectory(t), 'procmond.service');
    writeFileSync(
      file,
      readFileSync(FILE, 'utf8')
        .replace(node, process.execPath)
        .replace(/^Documentation=.*/m, ''),
    );
    const { status, stdout, stderr } = spawnSync('systemd-analyze', ['verify', file], { encoding: 'utf8' });
    // Other units of the host may be at fault.
    const about = (stdout + stderr).split('\n').filter((line) => line.includes('procmond'));
    assert.deepEqual([about, status], [[], 0]);
  });

  test('is exposed less than 2.5 of 10 by what systemd counts', analyzed, () => {
    const asked = ['security', '--offline=true', '--threshold=25', '--no-pager', FILE];
    const { status, stdout, stderr } = spawnSync('systemd-analyze', asked, { encoding: 'utf8' });
    assert.equal(status, 0, stdout.split('\n').at(-2) + stderr);
    assert.match(stdout, /Overall exposure level for procmond\.service: [12]\.\d OK/);
  });

  const EXPECTED: readonly (readonly [name: string, value: string | undefined, why: string])[] = [
    ['AmbientCapabilities', 'CAP_SYS_PTRACE CAP_DAC_READ_SEARCH', 'what README.md shows the use of, and no more'],
    ['CapabilityBoundingSet', 'CAP_SYS_PTRACE CAP_DAC_READ_SEARCH', 'no way to others'],
    ['NoNewPrivileges', 'yes', 'no way by a setuid program'],
    ['DynamicUser', undefined, 'records and files keep one id'],
    ['ProtectProc', 'default', 'processes of others must be there'],
    ['ProcSubset', 'all', '/proc/stat and /proc/sys must be there'],
    ['PrivateUsers', 'no', 'in a user namespace capabilities are nothing over others'],
    ['PrivatePIDs', undefined, 'it would see itself alone'],
    ['PrivateNetwork', undefined, 'the endpoint would be out of reach'],
    ['MemoryDenyWriteExecute', undefined, 'V8 compiles while it runs'],
    ['CPUQuota', undefined, 'it would hold up cycles and watchdog together'],
    ['Type', 'notify', 'it says when it is ready'],
    ['NotifyAccess', 'main', 'and it says so itself'],
    ['Restart', 'on-failure', 'a stop that was asked for is one'],
    ['RestartPreventExitStatus', '2', 'called wrongly it would end the same way again'],
    ['StartLimitBurst', '5', 'no crash loop'],
    ['StartLimitIntervalSec', '300', 'five starts, five seconds apart, are within it'],
    ['TimeoutStopSec', '15', 'it stops within ten seconds'],
    ['StateDirectory', 'procmond', 'made for its user, the one place it writes to'],
    ['StateDirectoryMode', '0700', 'it refuses one that others may write to'],
    ['ProtectSystem', 'strict', 'it writes nowhere else'],
  ];
  for (const [name, value, why] of EXPECTED) {
    test(`has ${name}=${value ?? '(not set)'}: ${why}`, () => assert.equal(valueOf(name), value));
  }

  test('lets every system call through that procmond makes, and none that reaches into another process', {
    skip: lackingStranger(['strace', 'systemd-analyze']),
  }, async (t) => {
    const allowed = allowedCalls();
    for (const call of ['ptrace', 'process_vm_writev', 'pidfd_getfd', 'bpf', 'mount', 'setuid']) {
      assert.equal(allowed.has(call), false, call);
    }
    const trace = join(scratchDirectory(t), 'trace');
    const procmond = RunningProcmond.start(t, {
      dataDirectory: strangersDirectory(t),
      endpoint: 'http://localhost:9',
      by: ['strace', '-D', '-f', '-qq', '-o', trace, ...asStranger(BOTH)],
      args: ['--compute-hashes', '--file-descriptors'],
    });
    await procmond.says(/first look/);
    await procmond.says(/\d+ changed/);
    assert.match(await (await fetch(/http:\S+\/metrics/.exec(procmond.log)?.[0] ?? '')).text(), /procmond_build_info/);
    assert.equal(await procmond.end('SIGTERM'), 0);
    const lines = readFileSync(trace, 'latin1').split('\n');
    const begins = lines.findLastIndex((line) => line.includes('execve(') && line.includes(process.execPath));
    const calls = new Set(lines.slice(begins).flatMap((line) => /^\d+ +(\w+)\(/.exec(line)?.[1] ?? []));
    assert.ok(calls.has('epoll_ctl') && calls.size > 40, [...calls].join());
    assert.deepEqual(
      [...calls].filter((call) => !allowed.has(call)),
      [],
    );
  });

  test('hides homes from procmond, and not the executables in them: they are hashed through /proc', {
    skip: lackingStranger(['unshare', 'mount']),
  }, async (t) => {
    const home = join(scratchDirectory(t), 'home');
    mkdirSync(home);
    const program = join(home, 'shell');
    copyFileSync('/bin/sh', program);
    chmodSync(program, 0o700);
    const running = new Program(t, program, ['-c', 'echo ready; read line']);
    await running.says('ready');
    const endpoint = await OtlpEndpoint.start(t);
    // As ProtectHome=yes does it.
    const script = 'mount -t tmpfs -o mode=0 none "$1" && shift && ! test -e "$1" && shift && exec "$@"';
    const hidden = ['unshare', '--mount', 'sh', '-c', script, 'sh', home, program];
    const asked = ['run', '--once', '--compute-hashes', '--hash-bytes-per-second', '0', '--endpoint', endpoint.url];
    const { exitCode, stderr } = await runProgram([
      ...hidden,
      ...asStranger(BOTH),
      ...commandLine([...asked, '--data-dir', strangersDirectory(t)]),
    ]);
    assert.equal(exitCode, 0, stderr);
    const record = endpoint.taken.find(({ attributes }) => attributes['process.pid'] === running.pid);
    assert.match(String(record?.attributes['procmond.executable.hash.sha256']), /^[0-9a-f]{64}$/);
  });
});

/** What `SystemCallFilter=` comes to: the first line allows, one with a tilde takes away. */
function allowedCalls(): ReadonlySet<string> {
  const allowed = new Set<string>();
  for (const { value } of directives.get('SystemCallFilter') ?? []) {
    const calls = value.replace(/^~/, '').split(' ').flatMap(callsOf);
    for (const call of calls) {
      if (value.startsWith('~')) allowed.delete(call);
      else allowed.add(call);
    }
  }
  return allowed;
}

/** A call, or those of a group of systemd's. */
function callsOf(name: string): readonly string[] {
  if (!name.startsWith('@')) return [name];
  const { stdout } = spawnSync('systemd-analyze', ['--no-pager', 'syscall-filter', name], { encoding: 'utf8' });
  const members = stdout
    .split('\n')
    .slice(1)
    .map((line) => line.trim());
  return members.filter((member) => member !== '' && !member.startsWith('#')).flatMap(callsOf);
}
