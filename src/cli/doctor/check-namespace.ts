import type { Finding } from './finding.ts';

/** PROC_PID_INIT_INO of the kernel's include/linux/proc_ns.h: the inode of the first pid namespace, everywhere. */
const INITIAL_PID_NAMESPACE = 0xeffffffc;

/** @param pidNamespace whose processes the proc mount shows; undefined where that could not be read */
export function checkNamespace(pidNamespace: number | undefined): Finding {
  const check = 'namespace';
  const facts = { pidNamespace: pidNamespace ?? null, initial: pidNamespace === INITIAL_PID_NAMESPACE };
  if (pidNamespace === INITIAL_PID_NAMESPACE) {
    return { check, status: 'ok', message: 'the first pid namespace: every process of the host is in it', facts };
  }
  const which =
    pidNamespace === undefined
      ? 'the pid namespace could not be read, so there are no CPIDs'
      : `pid namespace ${pidNamespace}, not the first one: only the processes in it are seen`;
  return {
    check,
    status: 'note',
    message: which,
    advice:
      "in a container take the host's: --pid=host of Docker, hostPID of Kubernetes, or its /proc with --proc-root",
    facts,
  };
}
