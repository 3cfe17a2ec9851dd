/** Opens connections, says half a request on each, and opens another one for each that is closed. Ends when it is killed. */
import { open } from '../../fake/raw-client.ts';

const [addressText = '', countText = ''] = process.argv.slice(2);
const address = JSON.parse(addressText) as Parameters<typeof open>[0];
const count = Number(countText);

let opened = 0;

async function holdOne(): Promise<never> {
  for (;;) {
    const socket = await open(address);
    opened += 1;
    if (opened === count) process.send?.('all are open');
    if (opened === 4 * count) process.send?.('each was closed and opened again');
    socket.write('GET /x HTTP/1.1\r\nX: ');
    await new Promise((resolve) => socket.on('close', resolve).resume());
  }
}

for (let index = 0; index < count; index++) void holdOne();
