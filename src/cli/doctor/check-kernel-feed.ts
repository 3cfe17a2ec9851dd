import type { Finding } from './finding.ts';

export function checkKernelFeed(intervalMillis: number): Finding {
  return {
    check: 'kernel feed',
    status: 'note',
    message: `none is built in: processes are polled every ${intervalMillis / 1000} s; short ones between two cycles are missed`,
    advice:
      'a shorter --interval misses fewer; procmond_kernel_tasks_created_total counts what the kernel made meanwhile',
    facts: { builtIn: false, intervalMillis },
  };
}
