/** `sun_path` of Linux less its NUL (source: unix(7)). */
export const MAX_SOCKET_PATH_BYTES = 107;

/** Why a path cannot be that of a Unix socket, or undefined when it can: the kernel answers a longer one with EINVAL only. */
export function socketPathProblem(path: string): string | undefined {
  const bytes = Buffer.byteLength(path);
  if (bytes <= MAX_SOCKET_PATH_BYTES) return undefined;
  return `has ${bytes} bytes; the path of a Unix socket has room for ${MAX_SOCKET_PATH_BYTES}`;
}
