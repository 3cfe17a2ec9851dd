import { HOST, startServer } from '../metrics/metrics-listener.ts';
import { listenerContract } from './listener-contract.ts';

listenerContract({
  name: 'metrics listener',
  path: '/healthz',
  connections: 32,
  async start(t, limits = {}) {
    const { port } = await startServer(t, { limits });
    return { host: HOST, port };
  },
});
