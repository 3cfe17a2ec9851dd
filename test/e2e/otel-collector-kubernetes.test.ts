import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { parse } from 'yaml';
import { waitUntil } from '../fake/wait-until.ts';
import { otelCollector } from './components/otel-collector.ts';
import { runProgram } from './components/run-program.ts';
import { postLogs, standInRecord } from './harness/post-logs.ts';
import { KUBERNETES_CONFIG_FILE, PROJECT_CONFIG_FILE } from './harness/project-collector.ts';
import { uidOf } from './harness/read-otlp-file.ts';
import { scratchDirectory } from './harness/scratch-directory.ts';
import { type PodInCluster, startKubernetesApi } from './harness/start-kubernetes-api.ts';
import { configArguments } from './harness/start-otel-collector.ts';
import { startPipeline } from './harness/start-pipeline.ts';

const WEB: PodInCluster = {
  name: 'web-6c45f8d6f6-x2x7q',
  namespace: 'shop',
  uid: '1b2c3d4e-0001-4000-8000-0123456789ab',
  containerId: '4b7a0c9e'.repeat(8),
  labels: { 'pod-template-hash': '6c45f8d6f6' },
  owner: { kind: 'ReplicaSet', name: 'web-6c45f8d6f6' },
};
const LOGGER: PodInCluster = {
  name: 'logger-5zk2p',
  namespace: 'kube-system',
  uid: '5f6a7b8c-0002-4000-8000-ba9876543210',
  containerId: 'd00d1e5a'.repeat(8),
  owner: { kind: 'DaemonSet', name: 'logger' },
};
const STATIC_HASH = '0f1e2d3c'.repeat(4);
/** As the API server has it: the mirror of a pod that the kubelet took from a file. */
const STATIC: PodInCluster = {
  name: 'etcd-node-1',
  namespace: 'kube-system',
  uid: '9a8b7c6d-0003-4000-8000-0123456789ab',
  containerId: 'e7cd0000'.repeat(8),
  annotations: { 'kubernetes.io/config.hash': STATIC_HASH },
};

test('the configuration for Kubernetes is valid over the other, without any environment', async (t) => {
  const binary = await otelCollector(process.env, (line) => t.diagnostic(line));
  const { code, stderr } = await runProgram(
    binary,
    ['validate', ...configArguments([PROJECT_CONFIG_FILE, KUBERNETES_CONFIG_FILE])],
    { env: {} },
  );
  assert.equal(code, 0, stderr);
});

test('the configuration for Kubernetes has all processors of the other, and looks for pods after they are resources', async () => {
  const base = await logProcessors(PROJECT_CONFIG_FILE);
  assert.equal(base.at(-1), 'groupbyattrs/container');
  assert.deepEqual(await logProcessors(KUBERNETES_CONFIG_FILE), [...base, 'transform/static_pods', 'k8s_attributes']);
});

test('names the pod of a record by its uid or its hash, asks for no more than its role allows, and leaves the host alone', async (t) => {
  const directory = await scratchDirectory(t);
  const { kubeconfigFile, asked } = await startKubernetesApi(t, directory, [WEB, LOGGER, STATIC]);
  const { collector, received } = await startPipeline(t, directory, { kubeconfigFile });
  const unknownUid = WEB.uid.replace('1', '2');
  const records = {
    web: inPod(WEB.uid, WEB.containerId),
    logger: inPod(LOGGER.uid, LOGGER.containerId),
    // Not of the pod's containers, and in the pod all the same.
    sandbox: inPod(LOGGER.uid, '5a4db0c5'.repeat(8)),
    static: inPod(STATIC_HASH, STATIC.containerId),
    unknown: inPod(unknownUid, 'f'.repeat(64)),
    host: standInRecord('collector/process/events'),
  };

  await postLogs(collector.endpoint, Object.values(records));

  const resources = await waitUntil('all records are there', async () => {
    const found = new Map((await received()).map((record) => [uidOf(record), record.resource]));
    return Object.values(records).every(({ uid }) => found.has(uid)) && found;
  });
  const logger = { ...named(LOGGER), 'k8s.daemonset.name': 'logger' };
  assert.deepEqual(resources.get(records.web.uid), {
    ...named(WEB),
    ...container(WEB),
    'k8s.deployment.name': 'web',
  });
  assert.deepEqual(resources.get(records.logger.uid), { ...logger, ...container(LOGGER) });
  assert.deepEqual(resources.get(records.sandbox.uid), { ...logger, 'container.id': '5a4db0c5'.repeat(8) });
  assert.deepEqual(resources.get(records.static.uid), {
    ...named(STATIC),
    ...container(STATIC),
    'k8s.pod.annotation.kubernetes.io/config.hash': STATIC_HASH,
  });
  assert.deepEqual(resources.get(records.unknown.uid), {
    'service.name': 'procmond',
    'container.id': 'f'.repeat(64),
    'k8s.pod.uid': unknownUid,
  });
  assert.deepEqual(resources.get(records.host.uid), { 'service.name': 'procmond' });
  const role = /apiGroups: \[""\]\n# +resources: \[(.+)\]/.exec(await readFile(KUBERNETES_CONFIG_FILE, 'utf8'))?.[1];
  assert.deepEqual(
    [...asked()],
    role?.split(', ').map((resource) => `/api/v1/${resource}`),
  );
});

function inPod(podUid: string, containerId: string) {
  return standInRecord('collector/process/events', {
    attributes: { 'container.id': containerId, 'k8s.pod.uid': podUid },
  });
}

function named({ uid, name, namespace }: PodInCluster) {
  return {
    'service.name': 'procmond',
    'k8s.pod.uid': uid,
    'k8s.pod.name': name,
    'k8s.namespace.name': namespace,
    'k8s.node.name': 'node-1',
  };
}

function container({ name, containerId }: PodInCluster) {
  return {
    'container.id': containerId,
    'k8s.container.name': 'main',
    'container.image.name': name,
    'container.image.tag': '1.0',
  };
}

async function logProcessors(file: string): Promise<readonly string[]> {
  const { service } = parse(await readFile(file, 'utf8')) as {
    readonly service: { readonly pipelines: { readonly logs: { readonly processors: readonly string[] } } };
  };
  return service.pipelines.logs.processors;
}
