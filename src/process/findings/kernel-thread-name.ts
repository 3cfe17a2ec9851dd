/**
 * Names that the kernel gives to its threads and nobody else has a use for; what daemons are called too (`watchdogd`,
 * `nfsd`) is not among them. A worker adds its work: `kworker/0:1-events`.
 */
const KERNEL_THREAD = new RegExp(
  `^(?:${[
    'kworker/.*',
    '(?:ksoftirqd|migration|cpuhp|idle_inject|watchdog|rcu[a-z]*)/\\d+',
    'irq/\\d+-.*',
    'rcu_(?:gp|par_gp|sched|bh|preempt|tasks.*)',
    '(?:jbd2|xfsaild|xfs-[a-z]+|btrfs-[a-z]+)/.*',
    'scsi_(?:eh|tmf)_\\d+',
    'ext4-rsv-.*',
    '(?:kswapd|kcompactd)\\d+',
    'kthreadd|khugepaged|ksmd|kdevtmpfs|kauditd|khungtaskd|oom_reaper|kblockd|kintegrityd|kthrotld',
    'mm_percpu_wq|slub_flushwq|inet_frag_wq|pool_workqueue_.*|nvme-.*wq',
  ].join('|')})$`,
);

/** As `ps` shows what has no arguments, which are the kernel's threads. */
const IN_BRACKETS = /^\[[\w:./@+-]+\]$/;

/** What a process is called by its name (`comm`). */
export function isKernelThreadName(name: string): boolean {
  return IN_BRACKETS.test(name) || KERNEL_THREAD.test(name);
}

/** What it calls itself where its arguments stand. */
export function isKernelThreadTitle(title: string): boolean {
  return IN_BRACKETS.test(title);
}
