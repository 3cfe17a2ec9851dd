import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { containerIdOf } from '../../../../src/process/enumerate/linux/parse-cgroup.ts';

const ID = '4b7a0c9e'.repeat(8);
const OUTER = 'd00d1e5a'.repeat(8);
const POD = 'pod1b2c3d4e-0001-4000-8000-0123456789ab';

suite('the container in /proc/PID/cgroup', () => {
  for (const [story, text] of [
    ['docker, version 2', `0::/system.slice/docker-${ID}.scope`],
    ['docker with its own driver, version 2', `0::/docker/${ID}`],
    ['docker, version 1', `12:memory:/docker/${ID}\n11:cpu,cpuacct:/docker/${ID}\n1:name=systemd:/docker/${ID}`],
    ['docker where the last hierarchy knows nothing', `2:memory:/docker/${ID}\n1:name=systemd:/docker/${ID}\n0::/`],
    ['docker where only one hierarchy knows', `3:pids:/\n2:memory:/docker/${ID}\n1:name=systemd:/\n0::/`],
    ['docker below a slice of its own', `0::/build.slice/docker-${ID}.scope/init.scope`],
    [
      'containerd under Kubernetes, systemd driver',
      `0::/kubepods.slice/kubepods-${POD}.slice/cri-containerd-${ID}.scope`,
    ],
    ['containerd under Kubernetes, cgroupfs driver', `0::/kubepods/besteffort/${POD}/${ID}`],
    [
      'containerd with a namespace prefix',
      `0::/system.slice/containerd.service/kubepods-${POD}.slice:cri-containerd:${ID}`,
    ],
    ['CRI-O', `0::/kubepods.slice/kubepods-besteffort.slice/kubepods-${POD}.slice/crio-${ID}.scope`],
    ['CRI-O, version 1', `5:devices:/kubepods.slice/${POD}/crio-${ID}.scope\n0::/`],
    ['podman', `0::/machine.slice/libpod-${ID}.scope/container`],
    ['podman without root', `0::/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-${ID}.scope`],
    ['a container in a container: the inner one', `0::/docker/${OUTER}/kubelet/${POD}/cri-containerd-${ID}.scope`],
  ] as const) {
    test(`is named by ${story}`, () => {
      assert.equal(containerIdOf(text), ID);
      assert.equal(containerIdOf(text.replaceAll(`/docker/${OUTER}`, '').replaceAll(ID, ID.slice(1))), undefined);
    });
  }

  for (const [story, text] of [
    ['nothing', ''],
    ['a service', '0::/system.slice/nginx.service'],
    ['a session, version 1', '2:memory:/user.slice\n1:name=systemd:/user.slice/user-1000.slice/session-2.scope\n0::/'],
    ['65 hex digits', `0::/docker/${ID}a`],
    ['digits in capitals', `0::/docker/${ID.toUpperCase()}`],
    ['an id that goes on as a word', `0::/docker/${ID}-backup`],
    ['an id that is the tail of a word', `0::/dockerx${ID}`],
    ['the monitor of a podman container', `0::/machine.slice/libpod-conmon-${ID}.scope`],
    ['the monitor of a CRI-O container', `0::/system.slice/crio-conmon-${ID}.scope`],
  ] as const) {
    test(`is none in ${story}`, () => assert.equal(containerIdOf(text), undefined));
  }

  test('is found in linear time, whatever a cgroup is called', () => {
    assert.equal(containerIdOf(`0::/${'a'.repeat(4_000_000)}`), undefined);
    assert.equal(containerIdOf(`0::/${'-/:.'.repeat(1_000_000)}${ID}`), ID);
  });
});
