import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { cleanUp } from './clean-up.ts';

/** One pod of one container, as much of it as the collector asks about. */
export interface PodInCluster {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly containerId: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  /** A ReplicaSet, a DaemonSet and the like. */
  readonly owner?: { readonly kind: string; readonly name: string };
}

/** What stands for the API server of a cluster. */
export interface KubernetesApi {
  /** For a client outside of the cluster. */
  readonly kubeconfigFile: string;
  /** Paths that were asked for, without the query. */
  readonly asked: () => ReadonlySet<string>;
}

/**
 * Serves a list of pods that never changes; anything else is an empty list. Asked to stream the list, it answers as
 * servers do that cannot, and the client falls back.
 */
export async function startKubernetesApi(
  t: TestContext,
  directory: string,
  pods: readonly PodInCluster[],
): Promise<KubernetesApi> {
  const asked = new Set<string>();
  const server = createServer(({ url = '/' }, response) => {
    const { pathname, searchParams } = new URL(url, 'http://api');
    asked.add(pathname);
    if (searchParams.get('sendInitialEvents') === 'true') answer(response, 422, { kind: 'Status', reason: 'Invalid' });
    else if (searchParams.has('watch')) response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
    else answer(response, 200, podList(pathname === '/api/v1/pods' ? pods : []));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanUp(t, () => {
    server.close();
    server.closeAllConnections();
  });

  const kubeconfigFile = join(directory, 'kubeconfig');
  await writeFile(kubeconfigFile, JSON.stringify(kubeconfig((server.address() as AddressInfo).port)));
  return { kubeconfigFile, asked: () => asked };
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ apiVersion: 'v1', ...body }));
}

function podList(pods: readonly PodInCluster[]): object {
  return {
    kind: 'PodList',
    metadata: { resourceVersion: '1' },
    items: pods.map(({ name, namespace, uid, containerId, labels, annotations, owner }) => ({
      metadata: {
        name,
        namespace,
        uid,
        labels,
        annotations,
        ownerReferences: owner === undefined ? [] : [{ ...owner, apiVersion: 'apps/v1', uid: '0', controller: true }],
      },
      spec: { nodeName: 'node-1', containers: [{ name: 'main', image: `${name}:1.0` }] },
      status: { containerStatuses: [{ name: 'main', containerID: `containerd://${containerId}`, restartCount: 0 }] },
    })),
  };
}

function kubeconfig(port: number): object {
  return {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'it', cluster: { server: `http://127.0.0.1:${port}` } }],
    users: [{ name: 'it', user: {} }],
    contexts: [{ name: 'it', context: { cluster: 'it', user: 'it' } }],
    'current-context': 'it',
  };
}
