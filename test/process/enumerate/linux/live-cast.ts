import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { compiled } from '../../../fake/compile-program.ts';
import { lacking } from '../../../fake/lacking.ts';
import { waitUntil } from '../../../fake/wait-until.ts';
import { hierarchies, moveToGroup } from './control-groups.ts';
import { scratch, statField, Talker } from './live-host.ts';

/** Processes at rest, each with something of its own to be read; all end with the test. */
export interface Cast {
  /** By what is special about them. */
  readonly pids: ReadonlyMap<string, number>;
  /** What could not be started here, and why. */
  readonly missing: readonly string[];
}

interface Role {
  readonly what: string;
  readonly needs?: { readonly root?: boolean; readonly programs?: readonly string[]; readonly compiler?: boolean };
  /** @returns its pid, or why it cannot be */
  readonly start: (t: TestContext) => Promise<number | string>;
}

const obey = compiled(join(import.meta.dirname, 'programs/obey.c'));

/** Says its pid, and waits for a line that never comes. */
const REST = 'echo $$; read line';

/** A shell at rest that was started by way of another program. */
function shellBy(program: string, ...args: readonly string[]) {
  return async (t: TestContext) => {
    const { pid } = await Talker.start(t, program, [...args, '/bin/sh', '-c', REST, 'shell']);
    return pid;
  };
}

/** A process that has done what it was asked. */
function after(...lines: readonly string[]) {
  return async (t: TestContext) => {
    const directory = scratch(t);
    const talker = await Talker.start(t, obey as string, ['one', 'two words', '*'], { cwd: directory });
    for (const line of lines) {
      const answer = await talker.ask(line.replaceAll('$DIRECTORY', directory));
      if (answer !== 'done') return `${line}: ${answer}`;
    }
    return talker.pid;
  };
}

const ROLES: readonly Role[] = [
  { what: 'a shell', start: shellBy('/usr/bin/env') },
  { what: 'nice', needs: { programs: ['nice'] }, start: shellBy('nice', '-n', '7') },
  { what: 'not nice', needs: { root: true, programs: ['nice'] }, start: shellBy('nice', '-n', '-5') },
  ...[
    '-f 42',
    '-r 7',
    '-b 0',
    '-i 0',
    '-d --sched-runtime 1000000 --sched-deadline 20000000 --sched-period 20000000 0',
  ].map(
    (policy): Role => ({
      what: `scheduled by ${policy}`,
      needs: { root: true, programs: ['chrt'] },
      start: shellBy('chrt', ...policy.split(' ')),
    }),
  ),
  {
    what: 'of another user',
    needs: { root: true, programs: ['setpriv'] },
    start: shellBy('setpriv', '--reuid=65534', '--regid=65534', '--groups=1,2,3', '--inh-caps=-all'),
  },
  {
    what: 'of several users',
    needs: { root: true, compiler: true },
    start: after('gids 1 2 3 3', 'uids 4 5 6 6'),
  },
  { what: 'of few capabilities', needs: { root: true, compiler: true }, start: after('capabilities 400') },
  { what: 'without new privileges', needs: { compiler: true }, start: after('no-new-privileges') },
  { what: 'with filtered system calls', needs: { compiler: true }, start: after('no-new-privileges', 'seccomp') },
  { what: 'by another name', needs: { compiler: true }, start: after('name x) R 1 (y') },
  { what: 'with open files', needs: { compiler: true }, start: after('open 37') },
  { what: 'that has written', needs: { compiler: true }, start: after('write $DIRECTORY/file 1048576') },
  {
    what: 'in namespaces of its own',
    needs: { root: true, programs: ['unshare'] },
    start: shellBy('unshare', '--mount', '--net', '--ipc', '--uts'),
  },
  { what: 'in a user namespace', needs: { root: true, programs: ['unshare'] }, start: shellBy('unshare', '--user') },
  { what: 'in a pid namespace', needs: { root: true, programs: ['unshare'] }, start: inPidNamespace },
  { what: 'with a session of its own', needs: { programs: ['setsid'] }, start: shellBy('setsid') },
  { what: 'with a terminal', needs: { programs: ['script'] }, start: onTerminal },
  { what: 'with a login user', needs: { root: true }, start: loggedIn },
  { what: 'stopped', start: stopped },
  { what: 'ended', start: ended },
  { what: 'in a unit', needs: { root: true }, start: inUnit },
];

export async function startCast(t: TestContext): Promise<Cast> {
  const pids = new Map<string, number>();
  const missing: string[] = [];
  for (const { what, needs = {}, start } of ROLES) {
    const lacks = lacking(needs) || (needs.compiler && obey === undefined && 'there is no C compiler');
    let started: number | string;
    try {
      started = lacks || (await start(t));
    } catch (error) {
      started = String(error);
    }
    if (typeof started === 'number') pids.set(what, started);
    else missing.push(`${what}: ${started}`);
  }
  return { pids, missing };
}

async function inPidNamespace(t: TestContext): Promise<number> {
  const { pid } = await Talker.start(t, 'unshare', ['--pid', '--fork', '--kill-child', '/bin/sh', '-c', REST]);
  return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim());
}

async function onTerminal(t: TestContext): Promise<number> {
  const talker = await Talker.start(t, 'script', ['-qfec', `/bin/sh -c '${REST}'`, '/dev/null']);
  return Number(talker.ready);
}

async function loggedIn(t: TestContext): Promise<number> {
  const { pid } = await Talker.run(t, `echo 1 2>/dev/null > /proc/self/loginuid; exec /bin/sh -c "${REST}"`);
  return pid;
}

async function stopped(t: TestContext): Promise<number> {
  const { pid } = await Talker.run(t, REST);
  process.kill(pid, 'SIGSTOP');
  await waitUntil('it is stopped', () => statField(pid, 3) === 'T');
  return pid;
}

/** Of a parent that does not ask how it ended. */
async function ended(t: TestContext): Promise<number> {
  const talker = await Talker.run(t, 'sleep 3600 & echo $!; exec cat');
  const pid = Number(talker.ready);
  await talker.ask('a cat waits for no child');
  process.kill(pid, 'SIGKILL');
  await waitUntil('it has ended', () => statField(pid, 3) === 'Z');
  return pid;
}

async function inUnit(t: TestContext): Promise<number | string> {
  const talker = await Talker.run(t, REST);
  const ofSystemd = hierarchies().filter(({ version, options }) => version === 2 || options.includes('name=systemd'));
  if (ofSystemd.length === 0) return 'no hierarchy of systemd is mounted';
  const group = join('procmond.slice', `procmond-test${talker.pid}.service`);
  const refusals = ofSystemd.map((hierarchy) => moveToGroup(t, talker, hierarchy, group)).filter(Boolean);
  return refusals.length === 0 ? talker.pid : refusals.join('; ');
}
