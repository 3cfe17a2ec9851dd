import type { CommandWord } from './command-word.ts';
import {
  type FlagSecret,
  type PositionalSecret,
  type ProgramSecrets,
  programSecrets,
  type ValueForm,
} from './program-secrets.ts';

/** Programs that start the program named by one of their arguments. */
const WRAPPERS = new Set(
  (
    'sudo doas env nohup nice ionice time timeout setsid stdbuf chroot unshare nsenter xargs exec command builtin strace ltrace perf ' +
    'watch tini dumb-init gosu su-exec setpriv runuser su chpst s6-setuidgid ssh autossh mosh proxychains proxychains4 torsocks ' +
    'tsocks parallel flock script systemd-run systemd-inhibit faketime numactl taskset chrt cgexec firejail bwrap unbuffer busybox ' +
    'sshpass eatmydata catchsegv then do else elif if while until'
  ).split(' '),
);
/** Shells, and interpreters whose first argument that is no flag may be one of the programs. */
const SHELLS = new Set('sh bash dash ash zsh ksh mksh fish csh tcsh busybox pwsh powershell cmd'.split(' '));
const INTERPRETERS = new Set('python python2 python3 perl ruby node'.split(' '));
const EXECUTORS = new Set('docker podman nerdctl crictl kubectl oc lxc docker-compose'.split(' '));

const LOGIN_SHELL = /^-\w{0,8}sh$/;

/** Programs without rules of their own that are to be known behind a quote too. */
const KNOWN_BESIDES = new Set('echo printf chpasswd passwd cryptsetup'.split(' '));

export function isShell(program: string): boolean {
  return SHELLS.has(program);
}

/** Tells whether what `program` is given can hold secrets that nothing in the text but program names tells of. */
export function needsTracking(program: string): boolean {
  return (
    WRAPPERS.has(program) ||
    SHELLS.has(program) ||
    INTERPRETERS.has(program) ||
    EXECUTORS.has(program) ||
    programSecrets(program) !== undefined
  );
}

/** The lower-case name of a program: without folder, `.exe`, and the dash of a login shell. */
export function programName(path: string): string {
  const slash = Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\'));
  const name = path.slice(slash + 1).toLowerCase();
  return name.replace(/^-|\.exe$/g, '');
}

interface Counter {
  readonly rule: PositionalSecret;
  position: number;
}

/** Follows which program the words of a command line belong to. */
export class CommandTracker {
  /** lower-case name of the program whose arguments are being read, '' where none is known */
  program = '';
  #secrets: ProgramSecrets | undefined;
  #awaits: 'program' | 'known program' | 'nothing' = 'program';
  #subcommands = new Set<string>();
  #counters: Counter[] = [];

  /** Takes the next word; returns true where it names a program. */
  follow(word: CommandWord): boolean {
    if (word.before === 'separator' || word.before === 'pipe') this.#begin();
    if (word.text === '--') this.#awaits = 'known program';
    if (word.text.startsWith('-') && (this.program !== '' || !LOGIN_SHELL.test(word.text))) return false;
    const mayStart = this.#awaits === 'nothing' && word.before === 'opener' ? 'known program' : this.#awaits;
    if (mayStart !== 'nothing' && this.#start(word.text, mayStart)) return true;
    this.#subcommands.add(word.text);
    if (word.text === 'exec' && EXECUTORS.has(this.program)) this.#awaits = 'known program';
    return false;
  }

  hasSubcommand(word: string): boolean {
    return this.#subcommands.has(word);
  }

  /** What the current program says about a flag. */
  flagSecret(word: string): { readonly secret: FlagSecret; readonly gluedAfter: number | undefined } | undefined {
    for (const secret of this.#secrets?.flags ?? []) {
      if (secret.subcommand !== undefined && !this.#subcommands.has(secret.subcommand)) continue;
      for (const flag of secret.flags) {
        const gluedAfter = matchFlag(word, flag, secret.value);
        if (gluedAfter !== 'no') return { secret, gluedAfter };
      }
    }
    return undefined;
  }

  /** The form of a word that is no flag, where its position makes it a secret. Counts: to be asked once for every such word. */
  positionalForm(word: string): ValueForm | undefined {
    let form: ValueForm | undefined;
    for (const counter of this.#counters) {
      if (counter.rule.positions.includes(counter.position)) form = counter.rule.form;
      counter.position += 1;
    }
    this.#counters = this.#counters.filter(({ rule, position }) => position <= Math.max(...rule.positions));
    this.countAfter(word);
    return form;
  }

  /** Begins to count positions where `word` is what they are counted from. */
  countAfter(word: string): void {
    for (const rule of this.#secrets?.positions ?? []) {
      if (rule.after?.test(word)) this.#counters.push({ rule, position: 0 });
    }
  }

  #begin(): void {
    this.program = '';
    this.#secrets = undefined;
    this.#awaits = 'program';
    this.#subcommands.clear();
    this.#counters = [];
  }

  #start(word: string, awaited: 'program' | 'known program'): boolean {
    if (/^\w+=/.test(word)) return false;
    const name = programName(word);
    const secrets = programSecrets(name);
    const isKnown = secrets !== undefined || WRAPPERS.has(name) || SHELLS.has(name) || KNOWN_BESIDES.has(name);
    if (awaited === 'known program' && !isKnown) return false;
    this.#begin();
    this.program = name;
    this.#secrets = secrets;
    this.#awaits = WRAPPERS.has(name) ? 'known program' : INTERPRETERS.has(name) ? 'program' : 'nothing';
    this.#counters = (secrets?.positions ?? [])
      .filter((rule) => rule.after === undefined)
      .map((rule) => ({ rule, position: 0 }));
    return true;
  }
}

/** Characters before a glued value; undefined where the value is the next word. */
function matchFlag(word: string, flag: string, value: FlagSecret['value']): number | undefined | 'no' {
  if (word === flag) return value === 'glued' ? 'no' : undefined;
  if (value === 'next') return 'no';
  const isShort = flag.startsWith('-') && !flag.startsWith('--');
  if (isShort || flag.endsWith(':')) {
    if (word.startsWith(flag)) return flag.length;
    const isCluster =
      value === 'either' && flag.length === 2 && /^-[A-Za-z]{2,6}$/.test(word) && word.endsWith(flag.slice(1));
    return isCluster ? undefined : 'no';
  }
  return word.startsWith(`${flag}=`) ? flag.length + 1 : 'no';
}
