import { type ContainerRuntime, type Nesting, NOT_NESTED, nestingOf } from './parse-cgroup-nesting.ts';
import { type UnitPlace, unitPlaceOf } from './parse-cgroup-unit.ts';

/**
 * What the names of a process's cgroups tell of where it runs. Names, not proofs: who may create a cgroup (root, and a
 * user below a delegated unit) may call it like any of these.
 */
export interface CgroupFacts {
  /**
   * Of the innermost container: 64 hex digits. systemd-nspawn and LXC (LXD, Incus, Proxmox) have no such id: there it is
   * the container's name. Absent outside of containers, for a container that `ctr` gave only a name, and for what runs
   * beside one: conmon, LXC's monitor, nspawn's supervisor, Kata's overhead, the unit that checks a container's health.
   */
  containerId?: string;
  /** Absent where the path does not tell it, as under Kubernetes with the cgroupfs driver. */
  containerRuntime?: ContainerRuntime;
  /**
   * Of the innermost Kubernetes pod: a UUID. Of a static pod the 32 hex digits which the API server has as the annotation
   * `kubernetes.io/config.hash` of its mirror pod. Without `containerId` for what runs in the pod but in no container.
   */
  podUid?: string;
  /** Of the system's manager: `nginx.service`, `session-2.scope`, `user@1000.service`, `docker-<id>.scope`. */
  systemdUnit?: string;
  /** Of a user's manager: `app-firefox.scope`; `systemdUnit` is `user@1000.service` then. */
  systemdUserUnit?: string;
  /** Which `systemdUnit` is in, or the process itself: `system.slice`, `user-1000.slice`; `-.slice` is the root. */
  systemdSlice?: string;
}

const DELETED = ' (deleted)';

/**
 * Reads a `/proc/PID/cgroup` text (cgroups(7): version 1, version 2 or both) as it is, last newline included: a line
 * without one was cut and tells nothing, because half a name is another name. The kernel escapes nothing in a path, but
 * lets no newline into a name.
 *
 * Container and pod come from the hierarchy where they are nested deepest, because a runtime need not use them all; unit
 * and slice from `name=systemd`, else from version 2.
 *
 * To a reader in a cgroup namespace of its own, paths outside of it begin with `/..` and lack what is above. The rest is
 * read the same way: what is beside the reader in a user's manager is then told as the system's.
 */
export function parseCgroup(text: string): CgroupFacts {
  let nesting = NOT_NESTED;
  let path = '';
  let unifiedPath: string | undefined;
  let systemdPath: string | undefined;
  for (let start = 0, end = text.indexOf('\n'); end !== -1; start = end + 1, end = text.indexOf('\n', start)) {
    const line = text.slice(start, end);
    const controllersAt = line.indexOf(':') + 1;
    const pathAt = line.indexOf(':', controllersAt) + 1;
    if (pathAt === 0 || line.charAt(pathAt) !== '/') continue;
    const isUnified = line.startsWith('0::');
    const known = path;
    // Only version 2 says so; in version 1 it is part of the name.
    path = line.slice(pathAt, isUnified && line.endsWith(DELETED) ? -DELETED.length : undefined);
    // Most lines of version 1 repeat the path of the one before.
    if (path !== known) {
      const other = nestingOf(path);
      if (other.depth > nesting.depth) nesting = other;
    }
    if (isUnified) unifiedPath = path;
    else if (line.startsWith('name=systemd:', controllersAt)) systemdPath = path;
  }
  return factsOf(nesting, unitPlaceOf(systemdPath ?? unifiedPath ?? ''));
}

function factsOf({ container, podUid }: Nesting, { unit, userUnit, slice }: UnitPlace): CgroupFacts {
  const facts: CgroupFacts = {};
  if (container !== undefined) facts.containerId = container.id;
  if (container?.runtime !== undefined) facts.containerRuntime = container.runtime;
  if (podUid !== undefined) facts.podUid = podUid;
  if (unit !== undefined) facts.systemdUnit = unit;
  if (userUnit !== undefined) facts.systemdUserUnit = userUnit;
  if (slice !== undefined) facts.systemdSlice = slice;
  return facts;
}
