import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import * as fc from 'fast-check';
import { type CgroupFacts, parseCgroup } from '../../../../src/process/enumerate/linux/parse-cgroup.ts';
import { hidesProcesses, parseAuxv, parseKernelStat } from '../../../../src/process/enumerate/linux/parse-kernel.ts';
import { anyBytes, anyOf, damaged, escapedMount, pathBytes, RUNS } from './kernel-texts.ts';

suite('/proc/stat, of any kernel', () => {
  const model = fc.record({ bootTimeSeconds: fc.nat(4_102_444_800), tasksCreated: fc.maxSafeNat() });
  const text = model.map(
    ({ bootTimeSeconds, tasksCreated }) =>
      `cpu  1 2 3\ncpu0 1 2 3\nintr 3844460 0 0\nctxt 9\nbtime ${bootTimeSeconds}\nprocesses ${tasksCreated}\n` +
      'procs_running 3\nprocs_blocked 0\nsoftirq 7 1 2\n',
  );

  test('gives, cut anywhere, the boot time and the count of tasks it was made of, or neither', () => {
    fc.assert(
      fc.property(text, (whole) => {
        const expected = {
          bootTimeSeconds: Number(/btime (\d+)/.exec(whole)?.[1]),
          tasksCreated: Number(/processes (\d+)/.exec(whole)?.[1]),
        };
        assert.deepEqual(parseKernelStat(whole), expected);
        for (let length = 0; length < whole.length; length++) {
          const parsed = parseKernelStat(whole.slice(0, length));
          if (parsed !== undefined) assert.deepEqual(parsed, expected);
        }
      }),
      RUNS,
    );
  });

  test('is two numbers or nothing for any bytes', () => {
    fc.assert(
      fc.property(fc.oneof(anyBytes, damaged(text), anyOf('btime ', '\nprocesses ', '\r', '\x85')), (any) => {
        const { bootTimeSeconds = 0, tasksCreated = 0 } = parseKernelStat(any) ?? {};
        assert.ok(bootTimeSeconds >= 0 && tasksCreated >= 0);
      }),
      RUNS,
    );
  });
});

suite('the auxiliary vector, of any process', () => {
  const PAGE_SIZE = 6n;
  const CLOCK_TICK = 17n;
  const entry = fc.tuple(fc.bigInt({ min: 1n, max: 51n }), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }));
  const vector = fc
    .record({
      others: fc.uniqueArray(entry, { selector: ([type]) => type, maxLength: 20 }),
      pageBytes: fc.constantFrom(4_096n, 16_384n, 65_536n),
      ticksPerSecond: fc.constantFrom(100n, 250n, 1_000n, 1_024n),
      places: fc.tuple(fc.nat(), fc.nat()),
      unaligned: fc.nat(15),
    })
    .map(({ others, pageBytes, ticksPerSecond, places, unaligned }) => {
      const entries = others.filter(([type]) => type !== PAGE_SIZE && type !== CLOCK_TICK);
      entries.splice(places[0] % (entries.length + 1), 0, [PAGE_SIZE, pageBytes]);
      entries.splice(places[1] % (entries.length + 1), 0, [CLOCK_TICK, ticksPerSecond]);
      const words = BigUint64Array.from([...entries, [0n, 0n] as const].flat());
      const bytes = Buffer.concat([Buffer.alloc(unaligned), Buffer.from(words.buffer)]).subarray(unaligned);
      return { bytes, units: { pageBytes: Number(pageBytes), ticksPerSecond: Number(ticksPerSecond) } };
    });

  test('gives, cut anywhere, the units it was made of, or nothing', () => {
    fc.assert(
      fc.property(vector, fc.nat(), ({ bytes, units }, place) => {
        assert.deepEqual(parseAuxv(bytes), units);
        const cut = parseAuxv(bytes.subarray(0, place % bytes.length));
        if (cut !== undefined) assert.deepEqual(cut, units);
      }),
      RUNS,
    );
  });

  test('is units above 0 or nothing for any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 96 }), (bytes) => {
        const { pageBytes = 1, ticksPerSecond = 1 } = parseAuxv(bytes) ?? {};
        assert.ok(pageBytes > 0 && ticksPerSecond > 0);
      }),
      RUNS,
    );
  });
});

suite('hidepid, in any mount table', () => {
  const HIDING = ['hidepid=1', 'hidepid=2', 'hidepid=4', 'hidepid=noaccess', 'hidepid=invisible', 'hidepid=ptraceable'];
  const hostile = fc.constantFrom('hidepid=2', 'a,hidepid=2', 'proc', ' - proc proc rw,hidepid=2', 'a b', '\\040', '#');
  const mount = fc.record({
    type: fc.constantFrom('proc', 'proc', 'tmpfs', 'ext4', 'procfs'),
    point: fc.oneof(fc.constantFrom('/proc', '/host/proc', '/', '/proc/sys', '/pro'), pathBytes),
    root: fc.oneof(fc.constant('/'), hostile),
    source: fc.oneof(fc.constant('proc'), hostile),
    options: fc.subarray(['gid=4', 'subset=pid', 'hidepid=0', 'hidepid=off', ...HIDING], { maxLength: 2 }),
    shared: fc.boolean(),
  });
  type Mount = typeof mount extends fc.Arbitrary<infer One> ? One : never;
  const lineOf = ({ type, point, root, source, options, shared }: Mount, index: number) =>
    `${index + 20} 1 0:21 ${escapedMount(root)} ${escapedMount(point)} rw,nosuid ${shared ? 'shared:5 ' : ''}- ${type} ` +
    `${escapedMount(source)} ${['rw', ...options].join(',')}\n`;
  const isHiding = (entry: Mount | undefined) => entry?.options.some((option) => HIDING.includes(option)) ?? false;
  /** The last of those that cover it most closely. */
  const mountOf = (mounts: readonly Mount[], folder: string) => {
    let closest: Mount | undefined;
    for (const one of mounts) {
      const covers = folder === one.point || folder.startsWith(`${one.point}/`);
      if (one.type !== 'proc' || !covers) continue;
      if (one.point.length >= (closest?.point.length ?? 0)) closest = one;
    }
    return closest;
  };

  test('is that of the mount that is read, whatever others, their sources and their names are', () => {
    fc.assert(
      fc.property(fc.array(mount, { maxLength: 6 }), fc.nat(), (mounts, choice) => {
        const table = mounts.map(lineOf).join('');
        const chosen = mounts[choice % (mounts.length + 1)]?.point ?? '/proc';
        for (const folder of [chosen, `${chosen}/below`, '/proc', '/host/proc']) {
          assert.equal(hidesProcesses(table, folder), isHiding(mountOf(mounts, folder)), folder);
        }
      }),
      RUNS,
    );
  });

  test('is never made up where the table is cut', () => {
    fc.assert(
      fc.property(mount, fc.nat(), (one, place) => {
        const table = lineOf(one, 0);
        const cut = hidesProcesses(table.slice(0, place % table.length), one.point);
        assert.ok(!cut || hidesProcesses(table, one.point));
      }),
      RUNS,
    );
  });

  test('is yes or no for any bytes', () => {
    const text = fc.oneof(anyBytes, anyOf(' - proc ', '/proc ', 'hidepid=2', ' - ', '\\040', '\\'));
    fc.assert(
      fc.property(text, fc.oneof(fc.constant('/proc'), pathBytes), (any, folder) => {
        assert.equal(typeof hidesProcesses(any, folder), 'boolean');
      }),
      RUNS,
    );
  });
});

suite('/proc/PID/cgroup, of any process', () => {
  const digits = (count: number) =>
    fc.bigInt({ min: 0n, max: 16n ** BigInt(count) - 1n }).map((bits) => bits.toString(16).padStart(count, '0'));
  const containerId = digits(64);
  const podUid = digits(32).map((hex) => hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'));
  const word = fc.stringMatching(/^[a-z][a-z0-9]{0,11}$/);
  const slice = word.map((name) => `${name}.slice`);
  const unit = fc.tuple(word, fc.constantFrom('service', 'scope', 'socket')).map((parts) => parts.join('.'));

  interface Place {
    readonly path: string;
    readonly facts: CgroupFacts;
  }

  /** Where systemd, a container runtime or Kubernetes puts a process. */
  const place: fc.Arbitrary<Place> = fc.oneof(
    fc.constant({ path: '/', facts: {} }),
    fc.tuple(slice, unit).map(([systemdSlice, systemdUnit]) => ({
      path: `/${systemdSlice}/${systemdUnit}`,
      facts: { systemdSlice, systemdUnit },
    })),
    fc.tuple(fc.nat(65_533), word).map(([uid, name]) => ({
      path: `/user.slice/user-${uid}.slice/user@${uid}.service/app.slice/app-${name}.scope`,
      facts: {
        systemdSlice: `user-${uid}.slice`,
        systemdUnit: `user@${uid}.service`,
        systemdUserUnit: `app-${name}.scope`,
      },
    })),
    containerId.map((id) => ({
      path: `/system.slice/docker-${id}.scope`,
      facts: {
        containerId: id,
        containerRuntime: 'docker' as const,
        systemdSlice: 'system.slice',
        systemdUnit: `docker-${id}.scope`,
      },
    })),
    containerId.map((id) => ({
      path: `/docker/${id}`,
      facts: { containerId: id, containerRuntime: 'docker' as const },
    })),
    fc.tuple(containerId, podUid, fc.constantFrom('burstable', 'besteffort')).map(([id, uid, quality]) => {
      const pod = `kubepods-${quality}-pod${uid.replaceAll('-', '_')}.slice`;
      const scope = `cri-containerd-${id}.scope`;
      return {
        path: `/kubepods.slice/kubepods-${quality}.slice/${pod}/${scope}`,
        facts: {
          containerId: id,
          containerRuntime: 'containerd' as const,
          podUid: uid,
          systemdSlice: pod,
          systemdUnit: scope,
        },
      };
    }),
    fc.tuple(containerId, podUid).map(([id, uid]) => ({
      path: `/kubepods/besteffort/pod${uid}/${id}`,
      facts: { containerId: id, podUid: uid },
    })),
  );

  const CONTROLLERS = ['cpu,cpuacct', 'memory', 'pids', 'freezer', 'devices', 'name=systemd'];
  const v1Text = (path: string) =>
    CONTROLLERS.map((controllers, index) => `${CONTROLLERS.length - index + 1}:${controllers}:${path}\n`).join('');
  const text = fc.tuple(place, fc.constantFrom('v2', 'v2, deleted', 'v1', 'both')).map(([{ path, facts }, version]) => {
    switch (version) {
      case 'v2':
        return { whole: `0::${path}\n`, facts };
      case 'v2, deleted':
        return { whole: `0::${path}${path === '/' ? '' : ' (deleted)'}\n`, facts };
      case 'v1':
        return { whole: v1Text(path), facts };
      case 'both':
        return { whole: `${v1Text(path)}0::/\n`, facts };
    }
  });

  test('gives back container, runtime, pod and unit it was made of', () => {
    fc.assert(
      fc.property(text, ({ whole, facts }) => assert.deepEqual(parseCgroup(whole), facts)),
      RUNS,
    );
  });

  test('gives, cut anywhere, each of them or none', () => {
    fc.assert(
      fc.property(text, fc.nat(), ({ whole, facts }, from) => {
        const start = from % whole.length;
        for (let length = start; length < Math.min(start + 16, whole.length); length++) {
          const told = Object.entries(parseCgroup(whole.slice(0, length)));
          assert.ok(
            told.every(([name, value]) => facts[name as keyof CgroupFacts] === value),
            whole.slice(0, length),
          );
        }
      }),
      RUNS,
    );
  });

  const name = pathBytes.map((path) => path.replaceAll(/[/\n]/g, '') || 'x');

  test('is not moved by what a group below a unit is called', () => {
    fc.assert(
      fc.property(slice, unit, fc.array(name, { maxLength: 4 }), (systemdSlice, systemdUnit, below) => {
        const facts = parseCgroup(`0::/${[systemdSlice, systemdUnit, ...below].join('/')}\n`);
        assert.deepEqual([facts.systemdSlice, facts.systemdUnit], [systemdSlice, systemdUnit]);
      }),
      RUNS,
    );
  });

  test('is an id, a name or nothing for any bytes', () => {
    const id = 'a1'.repeat(32);
    const parts = [
      '0::/',
      '/',
      ' (deleted)',
      id,
      'docker-',
      '.scope',
      '.slice',
      'kubepods-pod',
      'lxc/',
      'name=systemd',
    ];
    const shape: Readonly<Record<keyof CgroupFacts, RegExp>> = {
      containerId: /^(?:[0-9a-f]{64}|[0-9A-Za-z][\w.-]*)$/,
      containerRuntime: /^[a-z-]+$/,
      podUid: /^(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32})$/,
      systemdUnit: /^[\w:.\\@-]+\.[a-z]+$/,
      systemdUserUnit: /^[\w:.\\@-]+\.[a-z]+$/,
      systemdSlice: /^[\w:.\\-]+\.slice$/,
    };
    fc.assert(
      fc.property(fc.oneof(anyBytes, damaged(text.map(({ whole }) => whole)), anyOf(...parts)), (any) => {
        for (const [key, value] of Object.entries(parseCgroup(any))) {
          assert.match(String(value), shape[key as keyof CgroupFacts], key);
        }
      }),
      RUNS,
    );
  });
});
