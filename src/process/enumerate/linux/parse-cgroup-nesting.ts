export type ContainerRuntime = 'docker' | 'containerd' | 'cri-o' | 'podman' | 'systemd-nspawn' | 'lxc';

export interface Container {
  readonly id: string;
  /** undefined where the path does not tell it. */
  readonly runtime: ContainerRuntime | undefined;
}

/** The containers and pods that a cgroup's path passes through. */
export interface Nesting {
  /** How many. */
  readonly depth: number;
  /** The innermost. */
  readonly container?: Container;
  /** The innermost. */
  readonly podUid?: string;
}

export const NOT_NESTED: Nesting = { depth: 0 };

/** Reads a path as `/proc/PID/cgroup` has it, which begins with a slash. Takes time in proportion to its length. */
export function nestingOf(path: string): Nesting {
  let nesting = NOT_NESTED;
  let parent = '';
  for (let start = 1; start < path.length; start += parent.length + 1) {
    const slash = path.indexOf('/', start);
    const segment = path.slice(start, slash === -1 ? path.length : slash);
    nesting = enter(nesting, segment, parent);
    parent = segment;
  }
  return nesting;
}

function enter(outer: Nesting, segment: string, parent: string): Nesting {
  let inner = outer;
  const podUid = podUidIn(segment);
  if (podUid !== undefined) inner = { ...inner, depth: inner.depth + 1, podUid };
  const container = numbered(segment, parent) ?? lxc(segment, parent) ?? nspawn(segment, parent);
  if (container !== undefined) inner = { ...inner, depth: inner.depth + 1, container };
  return inner;
}

/**
 * `kubepods-burstable-pod<uid>.slice` of the systemd driver, where a dash would start another slice and is written `_`;
 * `kubelet-kubepods-pod<uid>.slice` below a root of its own; `pod<uid>` of the cgroupfs driver.
 */
const POD =
  /^(?:|(?:.*-)?kubepods-(?:burstable-|besteffort-)?)pod([0-9a-f]{32}|[0-9a-f]{8}([-_])[0-9a-f]{4}\2[0-9a-f]{4}\2[0-9a-f]{4}\2[0-9a-f]{12})(?:\.slice(?::.*)?)?$/;

function podUidIn(segment: string): string | undefined {
  if (!segment.includes('pod')) return undefined;
  return POD.exec(segment)?.[1]?.replaceAll('_', '-');
}

const ID = /^[0-9a-f]{64}$/;
const ID_CHARACTERS = 64;
const SCOPE = '.scope';

/** What stands before an id: `docker-`, or what runc makes of `<slice>:<prefix>:<id>` when it is told to use cgroupfs. */
const PREFIX = /^(?:([a-z]+(?:-[a-z]+)*)-|[^:]+\.slice:([a-z]+(?:-[a-z]+)*):)$/;

const RUNTIMES: ReadonlyMap<string, ContainerRuntime> = new Map([
  ['docker', 'docker'],
  ['cri-containerd', 'containerd'],
  ['nerdctl', 'containerd'],
  ['crio', 'cri-o'],
  ['libpod', 'podman'],
  ['libpod-payload', 'podman'],
]);

/** A segment that is the 64 digits, or ends with them after a prefix; `.scope` of the systemd driver may follow. */
function numbered(segment: string, parent: string): Container | undefined {
  const end = segment.endsWith(SCOPE) ? segment.length - SCOPE.length : segment.length;
  const start = end - ID_CHARACTERS;
  if (start < 0) return undefined;
  const id = segment.slice(start, end);
  if (!ID.test(id)) return undefined;
  // Kata's own processes on the host, for one container.
  if (start === 0) return parent === 'kata_overhead' ? undefined : { id, runtime: RUNTIMES.get(parent) };
  const [, dashed, coloned] = PREFIX.exec(segment.slice(0, start)) ?? [];
  const prefix = dashed ?? coloned;
  // conmon runs beside the container whose id its cgroup bears, not in it.
  if (prefix === undefined || prefix.endsWith('conmon')) return undefined;
  return { id, runtime: RUNTIMES.get(prefix) };
}

const NAME = /^[0-9A-Za-z][0-9A-Za-z_.-]*$/;
const LXC_PAYLOAD = 'lxc.payload.';

/** `lxc.payload.NAME`; `lxc.payload/NAME` and `lxc/NAME` of older versions, the last of Proxmox too. */
function lxc(segment: string, parent: string): Container | undefined {
  const name = segment.startsWith(LXC_PAYLOAD) ? segment.slice(LXC_PAYLOAD.length) : segment;
  if (name === segment && parent !== 'lxc' && parent !== 'lxc.payload') return undefined;
  return NAME.test(name) ? { id: name, runtime: 'lxc' } : undefined;
}

const NSPAWN_UNIT = /^(?:machine-(.+)\.scope|systemd-nspawn@(.+)\.service)$/;

/**
 * `machine-NAME.scope/payload` and `systemd-nspawn@NAME.service/payload`: without `payload` it is nspawn itself, or a
 * virtual machine. A dash in NAME is escaped in the first (systemd-escape(1)), not in the second.
 */
function nspawn(segment: string, parent: string): Container | undefined {
  if (segment !== 'payload') return undefined;
  const [, escaped, plain] = NSPAWN_UNIT.exec(parent) ?? [];
  const name = escaped?.replaceAll('\\x2d', '-') ?? plain ?? '';
  return NAME.test(name) ? { id: name, runtime: 'systemd-nspawn' } : undefined;
}
