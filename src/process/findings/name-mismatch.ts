import type { ProcessDetails } from '../../event/process-row.ts';
import { baseName } from './glob.ts';

/** They run under the name of a script, or of whatever a script calls itself. */
const INTERPRETER =
  /^(?:python|pypy|perl|ruby|node|nodejs|bun|deno|java|php|lua|luajit|tclsh|wish|guile|sh|bash|dash|ash|zsh|ksh|mksh|fish|tcsh|csh|pwsh|mono|dotnet|erl|beam\.smp|Rscript|R|awk|gawk|mawk|nawk|make|gmake|env|qemu-[a-z0-9_]+(?:-static)?|ld-[a-z0-9_.-]+)[0-9.]*$/;

/** One program under many names: `busybox` as `ls`, `systemctl` as `poweroff`, `xtables-nft-multi` as `iptables`. */
const MULTI_CALL = /^(?:busybox|toybox|coreutils|systemctl|kmod|git|.*-multi|.*multicall.*)$/;

/** What stands for a program that the host's owner chose (update-alternatives). */
const ALTERNATIVE = /^(?:editor|pager|view|ex|vi|x-[a-z-]+|sensible-[a-z]+|www-browser|mta|sendmail)$/;

/** The kernel keeps so much of a name. */
const COMM_LENGTH = 15;

/**
 * How the name of a process, or its first argument, contradicts the file it runs: a sentence's end; undefined when it
 * does not. `vim.basic` as `vi`, `nc.openbsd` as `nc`, `mawk` as `awk`, `-bash` and `sshd: user@pts/0` do not.
 */
export function nameContradiction(comm: string, details: ProcessDetails): string | undefined {
  const { executablePath, args = [], title } = details;
  if (executablePath === undefined || details.executableMemfd) return undefined;
  const program = baseName(executablePath);
  if (INTERPRETER.test(program) || MULTI_CALL.test(program)) return undefined;
  const first = args[0];
  const called = first === undefined || first === '' ? undefined : callName(first);
  if (called !== undefined && !related(called, program) && !ALTERNATIVE.test(called)) {
    return `calls itself ${called} and runs ${executablePath}`;
  }
  const explained = [program, ...args.slice(0, 2).map(callName), ...(title === undefined ? [] : [callName(title)])];
  if (explained.some((name) => related(comm, name.slice(0, COMM_LENGTH)))) return undefined;
  return `is named ${comm} and runs ${executablePath}`;
}

/** Of `-bash`, `/usr/sbin/sshd` and `sshd: user@pts/0` the program that is meant. */
function callName(argument: string): string {
  const words = argument.trim().replace(/^-/, '').split(/[\s:]/, 1)[0] ?? '';
  return baseName(words);
}

/** One within the other: versions, flavours and prefixes of one program's name are in it. */
function related(one: string, other: string): boolean {
  const [a, b] = [one.toLowerCase(), other.toLowerCase()];
  return a.includes(b) || b.includes(a);
}
