const CONTAINER_ID = /(?:^|[/:.-])([0-9a-f]{64})(?=$|[/:.])/g;

/**
 * The container's full id in a `/proc/PID/cgroup` text (cgroups(7)): the last run of 64 hex digits that stands as a path
 * segment or as a segment's tail (`docker-<id>.scope`, `cri-containerd-<id>.scope`, `/docker/<id>`); undefined when there is none.
 */
export function containerIdOf(cgroupText: string): string | undefined {
  if (cgroupText.length < 64) return undefined;
  let id: string | undefined;
  for (const match of cgroupText.matchAll(CONTAINER_ID)) id = match[1];
  return id;
}
