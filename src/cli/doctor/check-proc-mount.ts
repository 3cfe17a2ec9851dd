import type { HidepidMode } from '../../process/enumerate/linux/parse-kernel.ts';
import type { Finding } from './finding.ts';

/** Whether the proc mount hides processes, and from whom. */
export function checkProcMount(procRoot: string, hidepid: HidepidMode, ptrace: boolean): Finding {
  const check = 'proc mount';
  const facts = { procRoot, hidepid, CAP_SYS_PTRACE: ptrace };
  if (hidepid === 'off') return { check, status: 'ok', message: `${procRoot} hides no processes (hidepid=off)`, facts };
  const mount = `${procRoot} is mounted with hidepid=${hidepid}`;
  if (ptrace) return { check, status: 'ok', message: `${mount}, which CAP_SYS_PTRACE lifts`, facts };
  return {
    check,
    status: 'note',
    message: `${mount}: ${EFFECTS[hidepid]}`,
    advice: "run with CAP_SYS_PTRACE, or in the group that the mount's gid= names",
    facts,
  };
}

const EFFECTS: Readonly<Record<Exclude<HidepidMode, 'off'>, string>> = {
  noaccess: 'of processes of others nothing can be read, not even when they began: they are left out',
  invisible: 'processes of others are not there at all',
  ptraceable: 'only processes that this user may trace are there',
};
