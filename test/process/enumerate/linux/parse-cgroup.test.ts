import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { type CgroupFacts, parseCgroup } from '../../../../src/process/enumerate/linux/parse-cgroup.ts';

const ID = '4b7a0c9e'.repeat(8);
const OUTER = 'd00d1e5a'.repeat(8);
const UID = '1b2c3d4e-0001-4000-8000-0123456789ab';
const OUTER_UID = '5f6a7b8c-0002-4000-8000-ba9876543210';
/** As the systemd driver writes it. */
const SLICED = UID.replaceAll('-', '_');
/** What a static pod has in place of a UUID. */
const HASH = '0f1e2d3c'.repeat(4);
const POD_SLICE = `kubepods-burstable-pod${SLICED}.slice`;
const IN_POD = `/kubepods.slice/kubepods-burstable.slice/${POD_SLICE}`;
const USER = '/user.slice/user-1000.slice/user@1000.service';

const DOCKER = { containerId: ID, containerRuntime: 'docker' } as const;
const CONTAINERD = { containerId: ID, containerRuntime: 'containerd' } as const;
const CRIO = { containerId: ID, containerRuntime: 'cri-o' } as const;
const PODMAN = { containerId: ID, containerRuntime: 'podman' } as const;
const NSPAWN = { containerId: 'web-1', containerRuntime: 'systemd-nspawn' } as const;
const LXC = { containerId: 'web-1', containerRuntime: 'lxc' } as const;
const OF_USER = { systemdUnit: 'user@1000.service', systemdSlice: 'user-1000.slice' } as const;

/** A sentence, a path of version 2 or lines of both, and what they tell. */
type Row = readonly [story: string, text: string, facts: CgroupFacts];

const CONTAINERS: readonly Row[] = [
  [
    'docker with the systemd driver is a scope in system.slice',
    `/system.slice/docker-${ID}.scope`,
    { ...DOCKER, systemdUnit: `docker-${ID}.scope`, systemdSlice: 'system.slice' },
  ],
  ['docker with the cgroupfs driver is a folder that systemd knows nothing of', `/docker/${ID}`, DOCKER],
  [
    'docker in version 1 has one path in all hierarchies',
    `12:cpu,cpuacct:/docker/${ID}\n11:net_cls,net_prio:/docker/${ID}\n2:memory:/docker/${ID}\n1:name=systemd:/docker/${ID}`,
    DOCKER,
  ],
  [
    'docker beside an unused version 2 leaves it with the daemon, and systemd with its own hierarchy',
    `11:memory:/docker/${ID}\n1:name=systemd:/docker/${ID}\n0::/system.slice/containerd.service`,
    DOCKER,
  ],
  [
    'docker in a single hierarchy of version 1',
    `10:cpuset:/\n9:memory:/docker/${ID}\n8:pids:/\n1:name=systemd:/`,
    DOCKER,
  ],
  [
    'an old docker without a parent folder does not tell that it is docker',
    `10:net_prio:/${ID}\n9:blkio:/${ID}`,
    { containerId: ID },
  ],
  [
    'docker below a slice of its own',
    `/build.slice/build-nightly.slice/docker-${ID}.scope/init.scope`,
    { ...DOCKER, systemdUnit: `docker-${ID}.scope`, systemdSlice: 'build-nightly.slice' },
  ],
  [
    'rootless docker belongs to a user',
    `${USER}/user.slice/docker-${ID}.scope`,
    { ...DOCKER, ...OF_USER, systemdUserUnit: `docker-${ID}.scope` },
  ],
  ['docker in docker is the inner one', `/docker/${OUTER}/docker/${ID}`, DOCKER],
  [
    'docker in docker with systemd outside is the inner one, in the outer unit',
    `/system.slice/docker-${OUTER}.scope/docker/${ID}`,
    { ...DOCKER, systemdUnit: `docker-${OUTER}.scope`, systemdSlice: 'system.slice' },
  ],
  [
    'docker in docker in version 1 is the inner one where only some hierarchies have it',
    `4:memory:/docker/${OUTER}/docker/${ID}\n3:pids:/docker/${OUTER}\n1:name=systemd:/docker/${OUTER}`,
    DOCKER,
  ],
  [
    'a container that two hierarchies name differently is the first',
    `4:memory:/docker/${ID}\n3:pids:/docker/${OUTER}\n1:name=systemd:/docker/${OUTER}`,
    DOCKER,
  ],
  [
    'systemd in docker changes nothing',
    `/system.slice/docker-${ID}.scope/system.slice/nginx.service`,
    { ...DOCKER, systemdUnit: `docker-${ID}.scope`, systemdSlice: 'system.slice' },
  ],
  [
    'docker seen from a cgroup namespace beside it',
    `/../docker-${ID}.scope`,
    { ...DOCKER, systemdUnit: `docker-${ID}.scope` },
  ],
  ['docker with the cgroupfs driver seen from the inside of another', `/../${ID}`, { containerId: ID }],
  [
    'a container whose cgroup is removed',
    `/system.slice/docker-${ID}.scope (deleted)`,
    { ...DOCKER, systemdUnit: `docker-${ID}.scope`, systemdSlice: 'system.slice' },
  ],
  ['a removed folder of a container', `/docker/${ID} (deleted)`, DOCKER],
  ['an ECS task does not tell its runtime', `/ecs/55091c13-b8cf-4801-b527-f4601742204d/${ID}`, { containerId: ID }],
  [
    'an ECS task with the systemd driver tells it',
    `/ecstasks.slice/ecstasks-${HASH}.slice/docker-${ID}.scope`,
    { ...DOCKER, systemdUnit: `docker-${ID}.scope`, systemdSlice: `ecstasks-${HASH}.slice` },
  ],
  [
    'nerdctl with the systemd driver',
    `/system.slice/nerdctl-${ID}.scope`,
    { ...CONTAINERD, systemdUnit: `nerdctl-${ID}.scope`, systemdSlice: 'system.slice' },
  ],
  ['nerdctl with the cgroupfs driver does not tell its runtime', `/default/${ID}`, { containerId: ID }],
  ['a container that ctr gave a name has no id', '/default/web-1', {}],
  [
    'podman',
    `/machine.slice/libpod-${ID}.scope/container`,
    { ...PODMAN, systemdUnit: `libpod-${ID}.scope`, systemdSlice: 'machine.slice' },
  ],
  ['podman with the cgroupfs driver', `/libpod_parent/libpod-${ID}`, PODMAN],
  [
    "podman in a pod, whose id is not the container's",
    `/machine.slice/machine-libpod_pod_${OUTER}.slice/libpod-${ID}.scope/container`,
    { ...PODMAN, systemdUnit: `libpod-${ID}.scope`, systemdSlice: `machine-libpod_pod_${OUTER}.slice` },
  ],
  [
    'rootless podman belongs to a user',
    `${USER}/user.slice/libpod-${ID}.scope/container`,
    { ...PODMAN, ...OF_USER, systemdUserUnit: `libpod-${ID}.scope` },
  ],
  [
    'a quadlet is in its service',
    `/system.slice/web.service/libpod-payload-${ID}`,
    { ...PODMAN, systemdUnit: 'web.service', systemdSlice: 'system.slice' },
  ],
  [
    'systemd-nspawn by hand',
    '/machine.slice/machine-web\\x2d1.scope/payload/system.slice/nginx.service',
    { ...NSPAWN, systemdUnit: 'machine-web\\x2d1.scope', systemdSlice: 'machine.slice' },
  ],
  [
    'systemd-nspawn as a service',
    '/machine.slice/systemd-nspawn@web-1.service/payload/init.scope',
    { ...NSPAWN, systemdUnit: 'systemd-nspawn@web-1.service', systemdSlice: 'machine.slice' },
  ],
  [
    'docker in systemd-nspawn is the inner one',
    `/machine.slice/systemd-nspawn@web-1.service/payload/system.slice/docker-${ID}.scope`,
    { ...DOCKER, systemdUnit: 'systemd-nspawn@web-1.service', systemdSlice: 'machine.slice' },
  ],
  ['LXC, LXD and Incus', '/lxc.payload.web-1/system.slice/nginx.service', LXC],
  ['LXC with a folder for all', '/lxc.payload/web-1/init.scope', LXC],
  ['LXC in version 1', '2:memory:/lxc/web-1\n1:name=systemd:/lxc/web-1/init.scope', LXC],
  ['Proxmox', '/lxc/100/ns/system.slice/cron.service', { containerId: '100', containerRuntime: 'lxc' }],
  [
    'LXC of a user',
    `${USER}/app.slice/run-r0a1b.scope/lxc.payload.web-1/init.scope`,
    { ...LXC, ...OF_USER, systemdUserUnit: 'run-r0a1b.scope' },
  ],
  ['docker in LXC is the inner one', `/lxc.payload.web-1/system.slice/docker-${ID}.scope`, DOCKER],
  ['LXC in docker is the inner one', `/docker/${OUTER}/lxc.payload.web-1`, LXC],
  [
    'a runtime that is not known by its prefix',
    `/system.slice/isula-${ID}.scope`,
    { containerId: ID, systemdUnit: `isula-${ID}.scope`, systemdSlice: 'system.slice' },
  ],
  ['colons in the name of a parent', `/a:b::c/docker/${ID}`, DOCKER],
];

const PODS: readonly Row[] = [
  [
    'containerd with the systemd driver',
    `${IN_POD}/cri-containerd-${ID}.scope`,
    { ...CONTAINERD, podUid: UID, systemdUnit: `cri-containerd-${ID}.scope`, systemdSlice: POD_SLICE },
  ],
  [
    'a pod of the guaranteed class, which has no slice of its own',
    `/kubepods.slice/kubepods-pod${SLICED}.slice/cri-containerd-${ID}.scope`,
    {
      ...CONTAINERD,
      podUid: UID,
      systemdUnit: `cri-containerd-${ID}.scope`,
      systemdSlice: `kubepods-pod${SLICED}.slice`,
    },
  ],
  [
    'a pod of the best-effort class with the cgroupfs driver, which does not tell the runtime',
    `/kubepods/besteffort/pod${UID}/${ID}`,
    { containerId: ID, podUid: UID },
  ],
  [
    'a guaranteed pod with the cgroupfs driver in version 1',
    `5:memory:/kubepods/pod${UID}/${ID}\n1:name=systemd:/kubepods/pod${UID}/${ID}\n0::/`,
    { containerId: ID, podUid: UID },
  ],
  [
    "containerd with another driver than the kubelet's",
    `/system.slice/containerd.service/${POD_SLICE}:cri-containerd:${ID}`,
    { ...CONTAINERD, podUid: UID, systemdUnit: 'containerd.service', systemdSlice: 'system.slice' },
  ],
  [
    'CRI-O',
    `${IN_POD}/crio-${ID}.scope/container`,
    { ...CRIO, podUid: UID, systemdUnit: `crio-${ID}.scope`, systemdSlice: POD_SLICE },
  ],
  ['CRI-O with the cgroupfs driver', `/kubepods/burstable/pod${UID}/crio-${ID}`, { ...CRIO, podUid: UID }],
  [
    'docker under Kubernetes',
    `/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod${SLICED}.slice/docker-${ID}.scope`,
    {
      ...DOCKER,
      podUid: UID,
      systemdUnit: `docker-${ID}.scope`,
      systemdSlice: `kubepods-besteffort-pod${SLICED}.slice`,
    },
  ],
  [
    'a static pod has a hash for a uid',
    `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${HASH}.slice/cri-containerd-${ID}.scope`,
    {
      ...CONTAINERD,
      podUid: HASH,
      systemdUnit: `cri-containerd-${ID}.scope`,
      systemdSlice: `kubepods-burstable-pod${HASH}.slice`,
    },
  ],
  ['a static pod with the cgroupfs driver', `/kubepods/burstable/pod${HASH}/${ID}`, { containerId: ID, podUid: HASH }],
  [
    'a pod in a node that is a container, as kind makes them',
    `/system.slice/docker-${OUTER}.scope/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-burstable.slice/kubelet-${POD_SLICE}/cri-containerd-${ID}.scope`,
    { ...CONTAINERD, podUid: UID, systemdUnit: `docker-${OUTER}.scope`, systemdSlice: 'system.slice' },
  ],
  [
    'a pod in such a node with the cgroupfs driver',
    `/docker/${OUTER}/kubelet/kubepods/besteffort/pod${UID}/${ID}`,
    { containerId: ID, podUid: UID },
  ],
  [
    'a pod in a node of minikube',
    `/docker/${OUTER}/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod${SLICED}.slice/crio-${ID}.scope`,
    { ...CRIO, podUid: UID },
  ],
  [
    'a pod in a pod is the inner one',
    `/kubepods/burstable/pod${OUTER_UID}/${OUTER}/kubepods/burstable/pod${UID}/${ID}`,
    { containerId: ID, podUid: UID },
  ],
  ['docker in a pod is in the pod', `/kubepods/burstable/pod${UID}/${OUTER}/docker/${ID}`, { ...DOCKER, podUid: UID }],
  [
    'a pod seen from a pod of another class',
    `/../../../kubepods-burstable.slice/${POD_SLICE}/cri-containerd-${ID}.scope`,
    { ...CONTAINERD, podUid: UID, systemdUnit: `cri-containerd-${ID}.scope`, systemdSlice: POD_SLICE },
  ],
  ['a pod seen from a pod of its class', `/../../pod${UID}/${ID}`, { containerId: ID, podUid: UID }],
  ['another container of the same pod, whose name is out of sight', `/../crio-${ID}`, CRIO],
  ['what runs in a pod but in none of its containers', IN_POD, { podUid: UID, systemdSlice: POD_SLICE }],
  [
    'the monitor of a container of a pod is in the pod',
    `${IN_POD}/crio-conmon-${ID}.scope`,
    { podUid: UID, systemdUnit: `crio-conmon-${ID}.scope`, systemdSlice: POD_SLICE },
  ],
  [
    'the sandbox of Kata Containers is its virtual machine',
    `/kubepods/burstable/pod${UID}/kata_${ID}`,
    { podUid: UID },
  ],
];

const UNITS: readonly Row[] = [
  ['a service', '/system.slice/nginx.service', { systemdUnit: 'nginx.service', systemdSlice: 'system.slice' }],
  [
    'an instance in a slice of its template',
    '/system.slice/system-getty.slice/getty@tty1.service',
    { systemdUnit: 'getty@tty1.service', systemdSlice: 'system-getty.slice' },
  ],
  ['init', '/init.scope', { systemdUnit: 'init.scope', systemdSlice: '-.slice' }],
  [
    'what a service keeps below itself is still the service',
    '/system.slice/systemd-udevd.service/udev',
    { systemdUnit: 'systemd-udevd.service', systemdSlice: 'system.slice' },
  ],
  [
    'a session',
    '/user.slice/user-1000.slice/session-2.scope',
    { systemdUnit: 'session-2.scope', systemdSlice: 'user-1000.slice' },
  ],
  [
    'a unit of a user',
    `${USER}/app.slice/app-gnome-firefox-4242.scope`,
    { ...OF_USER, systemdUserUnit: 'app-gnome-firefox-4242.scope' },
  ],
  [
    'a unit of a user in a slice of a slice',
    `${USER}/app.slice/app-dbus.slice/dbus.service`,
    { ...OF_USER, systemdUserUnit: 'dbus.service' },
  ],
  ['the manager of a user', `${USER}/init.scope`, { ...OF_USER, systemdUserUnit: 'init.scope' }],
  [
    'a unit of an old manager that lives in a session',
    '/user.slice/user-1000.slice/session-2.scope/foo.service',
    { systemdUnit: 'session-2.scope', systemdUserUnit: 'foo.service', systemdSlice: 'user-1000.slice' },
  ],
  [
    'a unit of a capsule',
    '/capsule.slice/capsule@web.service/app.slice/foo.service',
    { systemdUnit: 'capsule@web.service', systemdUserUnit: 'foo.service', systemdSlice: 'capsule.slice' },
  ],
  [
    'a name that would be a file of the kernel',
    '/system.slice/_cpu.service',
    { systemdUnit: 'cpu.service', systemdSlice: 'system.slice' },
  ],
  [
    'a name that begins with an underscore',
    '/__own.slice/__own.service',
    { systemdUnit: '_own.service', systemdSlice: '_own.slice' },
  ],
  [
    'a name with an escaped character',
    '/system.slice/dev-disk\\x2dby.swap',
    { systemdUnit: 'dev-disk\\x2dby.swap', systemdSlice: 'system.slice' },
  ],
  [
    'version 1 by the hierarchy of systemd alone',
    '3:memory:/elsewhere.slice/memory.service\n1:name=systemd:/system.slice/cron.service\n0::/init.scope',
    { systemdUnit: 'cron.service', systemdSlice: 'system.slice' },
  ],
  ['a process in a slice itself', '/system.slice', { systemdSlice: 'system.slice' }],
  ['a service beside the reader', '/../nginx.service', { systemdUnit: 'nginx.service' }],
  [
    'a service two levels above the reader',
    '/../../system.slice/nginx.service',
    { systemdUnit: 'nginx.service', systemdSlice: 'system.slice' },
  ],
  [
    'a service that is removed',
    '/system.slice/nginx.service (deleted)',
    { systemdUnit: 'nginx.service', systemdSlice: 'system.slice' },
  ],
  [
    'a unit whose container only a health check is about',
    `/system.slice/${ID}.service`,
    { systemdUnit: `${ID}.service`, systemdSlice: 'system.slice' },
  ],
  [
    'such a unit with a random tail',
    `${USER}/app.slice/${ID}-5d0c1e2f.service`,
    { ...OF_USER, systemdUserUnit: `${ID}-5d0c1e2f.service` },
  ],
  [
    'a service that podman made for a container, where conmon runs',
    `/system.slice/container-${ID}.service`,
    { systemdUnit: `container-${ID}.service`, systemdSlice: 'system.slice' },
  ],
  [
    'the monitor of a podman container',
    `/machine.slice/libpod-conmon-${ID}.scope`,
    { systemdUnit: `libpod-conmon-${ID}.scope`, systemdSlice: 'machine.slice' },
  ],
  [
    'the monitor of a quadlet',
    '/system.slice/web.service/runtime',
    { systemdUnit: 'web.service', systemdSlice: 'system.slice' },
  ],
  [
    'systemd-nspawn itself',
    '/machine.slice/systemd-nspawn@web-1.service/supervisor',
    { systemdUnit: 'systemd-nspawn@web-1.service', systemdSlice: 'machine.slice' },
  ],
  [
    'a virtual machine',
    '/machine.slice/machine-qemu\\x2d1\\x2dweb.scope/libvirt/emulator',
    { systemdUnit: 'machine-qemu\\x2d1\\x2dweb.scope', systemdSlice: 'machine.slice' },
  ],
  [
    'a payload of a unit that is no machine',
    '/system.slice/web.service/payload',
    { systemdUnit: 'web.service', systemdSlice: 'system.slice' },
  ],
];

const NOTHING: readonly (readonly [story: string, text: string])[] = [
  ['the root', '/'],
  ['the root of an old host', '2:memory:/\n1:name=systemd:/\n0::/'],
  ['above the reader', '/..'],
  ['a removed root', '/ (deleted)'],
  ['a name that ends as if it was removed, in version 1', `2:memory:/docker/${ID} (deleted)`],
  ['63 digits', `/docker/${ID.slice(1)}`],
  ['65 digits', `/docker/${ID}a`],
  ['65 digits after a prefix', `/x/docker-a${ID}.scope`],
  ['digits in capitals', `/docker/${ID.toUpperCase()}`],
  ['an id that goes on as a word', `/docker/${ID}-backup`],
  ['an id that goes on after a dot', `/docker/${ID}.json`],
  ['an id that is the tail of a word', `/dockerx${ID}`],
  ['an id after something that is no prefix', `/Docker 1-${ID}`],
  ['an id between colons that no runtime put there', `/a:docker:${ID}`],
  ['an id where the controllers are', `3:${ID}:/`],
  ['a monitor in a folder', `/libpod_parent/libpod-conmon-${ID}`],
  ['the overhead of Kata Containers', `/kata_overhead/${ID}`],
  ['the monitor of LXC', '/lxc.monitor.web-1'],
  ['the monitor of LXC with a folder for all', '/lxc.monitor/web-1'],
  ['the pivot of LXC', '/lxc.pivot'],
  ['the folder of LXC', '/lxc'],
  ['LXC without a name', '/lxc.payload.'],
  ['LXC with a name that LXC does not give', '/lxc.payload.web 1'],
  ['the task of AWS Fargate, whose containers have no such id', `/ecs/${HASH}/${HASH}-1234567890`],
  ['a build', '/buildkit/aqmlzchcgu1gfgm0u6ozyv6uf'],
  ['a pod of another size', `/kubepods/pod${UID}0`],
  ['a pod with two sorts of dashes', `/kubepods/pod${UID.replace('-4', '_4')}`],
  ['a pod in capitals', `/kubepods/pod${UID.toUpperCase()}`],
  ['a pod in a word', `/kubepods/tripod${UID}`],
  ['a pod of something that only ends as Kubernetes does', `/notkubepods-pod${UID}`],
  ['a template', '/getty@.service'],
  ['a slice with an instance', '/a@b.slice'],
  ['a unit of no type', '/nginx.daemon'],
  ['a unit without a name', '/.service'],
  ['a unit of a character that units have not', '/nginx+.service'],
  ['a unit of a name that is too long', `/${'a'.repeat(248)}.service`],
  ['OpenRC', '/openrc.sshd'],
  ['elogind', '1:name=elogind:/c2'],
  ['another hierarchy with a name, whatever the path says', '1:name=other:/nginx.service/a:name=systemd:'],
  ['a line without a path', '0::'],
  ['a path that does not begin at the root', '0::nginx.service'],
  ['no line of this file', `\n/docker/${ID}`],
  ['an empty line', '\n'],
];

const GROUPS = [
  ['the container', CONTAINERS],
  ['the pod', PODS],
  ['the unit', UNITS],
  ['nothing', NOTHING.map(([story, text]): Row => [story, text, {}])],
] as const;

suite('what /proc/PID/cgroup tells', () => {
  for (const [what, rows] of GROUPS) {
    suite(`${what} in`, () => {
      for (const [story, text, facts] of rows) {
        test(story, () => {
          const whole = fileText(text);
          assert.deepEqual(parseCgroup(whole), facts);
          for (let length = 0; length < whole.length; length += 1) {
            const cut = Object.entries(parseCgroup(whole.slice(0, length)));
            assert.deepEqual(
              cut,
              cut.map(([fact]) => [fact, facts[fact as keyof CgroupFacts]]),
              `cut to ${length}`,
            );
          }
        });
      }
    });
  }

  for (const [story, text, { containerId }] of [...CONTAINERS, ...PODS]) {
    if (containerId !== ID) continue;
    test(`is not the id of a digit less: ${story}`, () => {
      for (const shorter of [ID.slice(1), ID.slice(0, -1)]) {
        const id = parseCgroup(fileText(text.replaceAll(ID, shorter))).containerId;
        assert.ok(id === undefined || (id !== shorter && text.includes(id)), id);
      }
    });
  }

  test('is read in linear time, whatever a cgroup is called', () => {
    for (const part of [
      '/',
      'a',
      '-a',
      'a-',
      'a@',
      '../',
      '.slice',
      '/a.slice',
      'kubepods-',
      '-pod',
      `/${ID}`,
      `-${ID}`,
    ]) {
      const path = `/${part.repeat(200_000)}`;
      assert.equal(parseCgroup(`0::${path}/docker/${ID}\n`).containerId, ID);
      assert.ok(parseCgroup(`0::${path}\n`));
    }
    for (const lines of ['\n', ':\n', '::\n', '0::/\n', '0::/a\n1::/b\n', 'a\n']) {
      assert.deepEqual(parseCgroup(lines.repeat(200_000)), {});
    }
  });

  test('is something or nothing for any bytes', () => {
    const parts = [
      '0',
      ':',
      '/',
      '\n',
      '..',
      'name=systemd',
      ' (deleted)',
      ID,
      'docker-',
      '.scope',
      '.slice',
      'pod',
      UID,
    ];
    for (let seed = 0; seed < 20_000; seed += 1) {
      let text = '0::/';
      for (let rest = seed * 2_654_435_761; rest >= 1; rest = Math.floor(rest / parts.length)) {
        text += parts[rest % parts.length];
      }
      for (const value of Object.values(parseCgroup(text))) assert.match(value, /^[^/\n]+$/);
    }
  });
});

function fileText(text: string): string {
  return `${text.startsWith('/') ? '0::' : ''}${text}\n`;
}
