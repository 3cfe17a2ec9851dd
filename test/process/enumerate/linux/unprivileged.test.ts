import assert from 'node:assert/strict';
import { chownSync, copyFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { suite, type TestContext, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { PROCESS_FIELDS } from '../../../../src/event/process-fields.ts';
import { compiled } from '../../../fake/compile-program.ts';
import { OtlpEndpoint } from '../../../fake/otlp-endpoint.ts';
import { RunningProcmond } from '../../../fake/running-procmond.ts';
import { scratchDirectory } from '../../../fake/scratch-store.ts';
import { enumerator, scratch, Talker } from './live-host.ts';
import { asNobody, ForeignReader, type HidePid, IN_NAMESPACE, lackingNobody, NOBODY } from './nobody.ts';
import { attributesOf } from './told-attributes.ts';

const obey = compiled(join(import.meta.dirname, 'programs/obey.c'));
const able = { skip: lackingNobody() };
const withCompiler = { skip: able.skip || (obey === undefined && 'there is no C compiler') };

/** What needs the right to look into a process. */
const DENIED = [
  'process.executable.path',
  'process.working_directory',
  'procmond.namespace.mnt',
  'procmond.namespace.net',
  'procmond.namespace.user',
  'procmond.process.disk.io.read',
  'procmond.process.disk.io.write',
];

function byPid<One extends { readonly pid: number }>(
  { processes }: { readonly processes: readonly One[] },
  pid: number,
) {
  const found = processes.find((one) => one.pid === pid);
  assert.ok(found !== undefined, `pid ${pid} is missing`);
  return found;
}

const pidsListed = () => readdirSync('/proc').map(Number).filter(Number.isInteger);

suite('to a reader without privileges', able, () => {
  test('every process is told, and what is denied is named for each and counted for each field', async (t) => {
    const roots = await Talker.run(t, 'echo ready; read line');
    const [program, ...args] = asNobody(['/bin/sh', '-c', 'echo ready; read line']);
    const nobodys = await Talker.start(t, program, args);
    const reader = await ForeignReader.start(t);
    const before = new Set(pidsListed());
    const atFirst = byPid(await reader.read(), roots.pid).details;
    const seen = await reader.read({ countFileDescriptors: true });
    const throughout = pidsListed().filter((pid) => before.has(pid));

    const told = new Set(seen.processes.map(({ pid }) => pid));
    assert.deepEqual(
      throughout.filter((pid) => !told.has(pid)),
      [],
    );
    assert.equal(seen.scope.sight, undefined);
    assert.deepEqual(atFirst?.deniedFields, DENIED);
    const { details, openFiles } = byPid(seen, roots.pid);
    const count = readdirSync(`/proc/${roots.pid}/fd`).length;
    // Since Linux 6.2 the count is no secret.
    const expected = openFiles === count ? DENIED : [...DENIED, 'procmond.process.file_descriptors'].sort();
    assert.deepEqual(details?.deniedFields, expected);
    assert.equal(byPid(seen, nobodys.pid).details?.deniedFields, undefined);

    const counts = new Map<string, number>();
    for (const one of seen.processes) {
      assert.notEqual(one.details?.userId, undefined);
      for (const field of one.details?.deniedFields ?? []) counts.set(field, (counts.get(field) ?? 0) + 1);
    }
    assert.deepEqual(Object.fromEntries(seen.deniedFields), Object.fromEntries(counts));
    const known = PROCESS_FIELDS.map(({ attribute }) => attribute);
    assert.ok([...counts.keys()].every((field) => known.includes(field)));
  });

  test('each attribute is what it is to root, or denied', async (t) => {
    const reader = await ForeignReader.start(t);
    // Each a first look: what is rewritten between two of them is a title to one, and all there is to another.
    const readAsRoot = async () => {
      const read = enumerator();
      await read();
      const seen = await read();
      return new Map(seen.processes.map((one) => [one.pid, attributesOf(one, seen)]));
    };
    const before = await readAsRoot();
    const seen = await reader.readTwice();
    const after = await readAsRoot();
    let compared = 0;
    // The name of a kernel thread follows its work.
    for (const one of seen.processes.filter(({ kernelThread }) => !kernelThread)) {
      const attributes = attributesOf(one, seen);
      for (const { attribute } of PROCESS_FIELDS) {
        const [told, full] = [attributes.get(attribute), before.get(one.pid)?.get(attribute)];
        const standsStill = full !== undefined && isDeepStrictEqual(full, after.get(one.pid)?.get(attribute));
        if (!standsStill || RESTLESS.has(attribute)) continue;
        compared += 1;
        const where = `${attribute} of ${one.pid} ${one.comm}`;
        if (told !== undefined) assert.deepEqual(told, full, where);
        // What is known of the file comes with its path.
        const name = attribute.includes('executable') ? 'process.executable.path' : attribute;
        assert.ok(
          told !== undefined || one.details?.deniedFields?.includes(name),
          `${where} is neither told nor denied`,
        );
      }
    }
    assert.ok(compared > 100, `only ${compared} values were compared`);
  });

  test(
    'an exec is seen in the next cycle where the name differs, and within the refresh where it does not',
    withCompiler,
    async (t) => {
      const directory = scratch(t);
      const [one, other] = [join(directory, 'one'), join(directory, 'other')];
      for (const program of [one, other]) copyFileSync(obey as string, program);
      const talker = await Talker.start(t, one, ['first']);
      const reader = await ForeignReader.start(t);
      const seen = async (refreshCycles: number) => {
        const found = byPid(await reader.read({ refreshCycles }), talker.pid);
        assert.deepEqual(found.details?.deniedFields?.slice(0, 1), ['process.executable.path']);
        return [found.comm, ...(found.details.args ?? [])];
      };
      assert.deepEqual(await seen(0), ['one', one, 'first']);
      assert.equal(await talker.ask(`exec ${other} second`), 'ready');
      assert.deepEqual(await seen(0), ['other', other, 'second']);
      assert.equal(await talker.ask(`exec ${other} third`), 'ready');
      let cycles = 0;
      for (let args = await seen(5); args[2] !== 'third'; args = await seen(5)) {
        cycles += 1;
        assert.deepEqual(args, ['other', other, 'second']);
        assert.ok(cycles < 5, 'it is read again at least once in five cycles');
      }
    },
  );
});

/** May move there and back again between two readings, or are of the reader itself. */
const RESTLESS = new Set([
  'process.state',
  'procmond.process.state_code',
  'procmond.process.threads',
  'procmond.process.cpu.utilization',
  'procmond.process.memory.rss',
  'procmond.process.memory.virtual',
  'procmond.process.memory.swap',
  'procmond.process.oom.score',
  'procmond.process.accessible',
  'procmond.process.refreshed_time',
]);

suite('a mount that hides processes of other users', able, () => {
  const { roots, nobodys } = IN_NAMESPACE;

  for (const [hidepid, processes, refused] of [
    [0, roots + nobodys, undefined],
    [1, nobodys, roots],
    [2, nobodys, undefined],
  ] as const) {
    test(`with hidepid=${hidepid} shows ${processes} of ${roots + nobodys}, and that is told as what it is`, async (t) => {
      const reader = await ForeignReader.start(t, { hidepid });
      const seen = await reader.readTwice();
      assert.equal(seen.processes.length, processes);
      assert.equal(seen.deniedFields.get('procmond.process.start_ticks'), refused);
      assert.equal(seen.vanished, 0);
      const sight = hidepid === 0 ? undefined : `euid=${NOBODY} groups=${NOBODY} ptrace=0`;
      assert.equal(seen.scope.sight, sight);
      const accessible = seen.processes.filter(({ details }) => details?.deniedFields === undefined);
      assert.equal(accessible.length, nobodys);
    });

    test(`with hidepid=${hidepid} hides nothing from root`, async (t) => {
      const reader = await ForeignReader.start(t, { hidepid, root: true });
      const seen = await reader.readTwice();
      assert.equal(seen.processes.length, roots + nobodys);
      assert.equal(seen.deniedFields.size, 0);
      assert.equal(seen.scope.sight, hidepid === 0 ? undefined : 'euid=0 groups=0 ptrace=1');
    });
  }
});

/** The real program, run by nobody. */
async function startProgram(t: TestContext, args: readonly string[], hidepid?: HidePid) {
  const endpoint = await OtlpEndpoint.start(t);
  const dataDirectory = scratchDirectory(t);
  chownSync(dataDirectory, NOBODY, NOBODY);
  const by = asNobody([], hidepid);
  return { endpoint, program: RunningProcmond.start(t, { dataDirectory, endpoint: endpoint.baseUrl, args, by }) };
}

const completed = ({ taken }: OtlpEndpoint) =>
  taken.filter(({ eventName }) => eventName === 'procmond.cycle.completed');

suite('procmond, run by nobody', { ...able, concurrency: true }, () => {
  const { roots, nobodys } = IN_NAMESPACE;

  for (const [hidepid, least, denied] of [
    [undefined, nobodys, 1],
    [1, nobodys, roots],
    [2, nobodys, 0],
  ] as const) {
    const where = hidepid === undefined ? 'on this host' : `below hidepid=${hidepid}`;
    test(`reads, commits and delivers once ${where}, and ends with 0`, async (t) => {
      const { endpoint, program } = await startProgram(t, ['--once'], hidepid);
      assert.equal(await program.ended(), 0, program.log);
      const [cycle, ...more] = completed(endpoint);
      assert.ok(cycle !== undefined && more.length === 0, program.log);
      const processes = Number(cycle.attributes['procmond.cycle.processes']);
      const deniedFields = Number(cycle.attributes['procmond.cycle.denied_fields']);
      const observed = endpoint.taken.filter(({ eventName }) => eventName === 'procmond.process.observed');
      assert.equal(observed.length, processes);
      if (hidepid === undefined) assert.ok(processes > least && deniedFields > denied);
      else assert.deepEqual([processes, deniedFields], [least, denied]);
    });
  }

  for (const [hidepid, expected] of [
    [undefined, [/of \d+ processes the system denies .*process\.executable\.path of \d+/]],
    [1, [/hides what 2 more processes are/]],
    [2, []],
  ] as const) {
    const where = hidepid === undefined ? 'on this host' : `below hidepid=${hidepid}`;
    test(`says ${where} once, for all processes and cycles together, what is denied`, async (t) => {
      const { endpoint, program } = await startProgram(t, ['--log-level', 'debug'], hidepid);
      await program.while(endpoint.until(() => completed(endpoint).length >= 2));
      const warnings = program.log.split('\n').filter((line) => / WARN | ERROR |EACCES|EPERM/.test(line));
      assert.equal(warnings.length, expected.length, program.log);
      for (const [index, warning] of warnings.entries()) assert.match(warning, expected[index] as RegExp);
    });
  }
});
