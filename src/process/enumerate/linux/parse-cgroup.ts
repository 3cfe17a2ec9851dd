const CONTAINER_ID = /(?<=[/:.-])(?<!conmon-)[0-9a-f]{64}(?![^/:.\n])/g;

/**
 * The container's full id in a `/proc/PID/cgroup` text (cgroups(7)): the last run of 64 hex digits that stands as a path
 * segment or as a segment's tail (`docker-<id>.scope`, `cri-containerd-<id>.scope`, `/docker/<id>`), in whichever
 * hierarchy; undefined when there is none. `conmon` runs beside the container whose id its cgroup bears, not in it.
 */
export function containerIdOf(cgroupText: string): string | undefined {
  if (cgroupText.length < 64) return undefined;
  let id: string | undefined;
  for (const match of cgroupText.matchAll(CONTAINER_ID)) id = match[0];
  return id;
}
