import { Buffer } from 'node:buffer';
import { constants } from 'node:os';

/** Sends datagrams to one address; Node.js has no socket for it. */
export interface DatagramSocket {
  /** Never waits. @returns `full` when the receiver has no room now, or the number of the system's error */
  send(text: string): 'sent' | 'full' | number;
  close(): void;
}

/** Of Linux, on every architecture that Node.js runs on but MIPS (socket(2), send(2)). */
const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;

/**
 * Loads what calls the C library (koffi) when it is called, for only who runs under a service manager needs it.
 * @param path `sun_path` of the receiver
 * @throws {Error} when the C library cannot be called, or gives no socket
 */
export async function openDatagramSocket(path: Buffer): Promise<DatagramSocket> {
  const { default: koffi } = await import('koffi');
  const libc = koffi.load(null);
  const socket = libc.func('int socket(int domain, int type, int protocol)');
  const close = libc.func('int close(int descriptor)');
  const sendto = libc.func(
    'int64_t sendto(int descriptor, const void *data, size_t length, int flags, const void *address, uint32_t size)',
  );
  const descriptor = Number(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (descriptor < 0) throw new Error(`the system gives no socket (errno ${koffi.errno()})`);
  const address = Buffer.concat([Buffer.from(Uint16Array.of(AF_UNIX).buffer), path]);
  return {
    send(text) {
      const data = Buffer.from(text);
      const flags = MSG_DONTWAIT | MSG_NOSIGNAL;
      if (Number(sendto(descriptor, data, data.length, flags, address, address.length)) >= 0) return 'sent';
      const errno = koffi.errno();
      return errno === constants.errno.EAGAIN || errno === constants.errno.ENOBUFS ? 'full' : errno;
    },
    close: () => void close(descriptor),
  };
}
