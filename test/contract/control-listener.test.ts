import { startServer } from '../control/control-socket.ts';
import { listenerContract } from './listener-contract.ts';

listenerContract({
  name: 'control socket',
  path: '/v1/health',
  connections: 128,
  async start(t, limits = {}) {
    const { path } = await startServer(t, { limits });
    return { path };
  },
});
