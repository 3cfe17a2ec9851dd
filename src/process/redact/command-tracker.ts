import type { CommandWord } from './command-word.ts';
import type { FlagSecret, PositionalSecret, ProgramRules, ValueForm } from './program-rule.ts';
import { programRules } from './program-secrets.ts';

/** Programs that start the program named by one of their arguments. */
const WRAPPERS = new Set(
  (
    'sudo doas env nohup nice ionice time timeout setsid stdbuf chroot unshare nsenter xargs exec command builtin strace ltrace perf ' +
    'watch tini dumb-init gosu su-exec setpriv runuser su chpst s6-setuidgid ssh autossh mosh proxychains proxychains4 torsocks ' +
    'tsocks parallel flock script systemd-run systemd-inhibit faketime numactl taskset chrt cgexec firejail bwrap unbuffer busybox ' +
    'sshpass eatmydata catchsegv then do else elif if while until npx bunx uvx pipx pipenv poetry bundle dotenv direnv wine winpty ' +
    'caffeinate chronic softlimit envdir setuidgid tmux screen dtach abduco entr'
  ).split(' '),
);
/** Shells, and interpreters whose first argument that is no flag may be one of the programs. */
const SHELLS = new Set('sh bash dash ash zsh ksh mksh fish csh tcsh busybox pwsh powershell cmd'.split(' '));
const INTERPRETERS = new Set('python python2 python3 perl ruby node java php mono deno bun tclsh'.split(' '));
const EXECUTORS = new Set('docker podman nerdctl crictl kubectl oc lxc docker-compose'.split(' '));

const LOGIN_SHELL = /^-\w{0,8}sh$/;
const RUNS_SCRIPTS = /(?:^|[\\/])-?(?:sh|bash|[da]sh|zsh|m?ksh|fish|t?csh|busybox|pwsh|powershell|cmd|ssh)(?:\.exe)?$/i;
/** How those names end: most words are told from them by that alone. */
const SHELL_ENDINGS = new Set(['sh', 'SH', 'ox', 'll', 'LL', 'md', 'MD', 'xe', 'XE']);
/** The image of `docker run image:tag program`; no port, no mount. */
const IMAGE = /^[a-z][\w.-]*(?:[:/][\w.-]+)*(?::[\w.-]*[a-z.][\w.-]*|@sha256:\w+)$|^[a-z][\w.-]*(?:\/[\w.-]+)*:\d+$/i;

/** Programs without rules of their own that are to be known behind a quote too. */
const KNOWN_BESIDES = new Set('echo printf chpasswd passwd cryptsetup'.split(' '));

/** Subcommands stand early; more words are not looked through for each flag. */
const MAX_SUBCOMMANDS = 24;

/** Tells whether `word` names a shell, or a program that hands what it is given to one. */
export function runsScripts(word: string): boolean {
  return SHELL_ENDINGS.has(word.slice(-2)) && RUNS_SCRIPTS.test(word);
}

/** Tells whether what `program` is given can hold secrets that nothing in the text but program names tells of. */
export function needsTracking(program: string): boolean {
  return (
    programRules(program) !== undefined ||
    WRAPPERS.has(program) ||
    SHELLS.has(program) ||
    INTERPRETERS.has(program) ||
    EXECUTORS.has(program)
  );
}

/** The lower-case name of a program: without folder, the ending of a script, and the dash of a login shell. */
export function programName(path: string): string {
  const slash = Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\'));
  const from = path.charCodeAt(slash + 1) === DASH ? slash + 2 : slash + 1;
  const name = path.slice(from).toLowerCase();
  return name.includes('.') ? name.replace(/\.(?:exe|sh|py|jar|cmd|bat)$/, '') : name;
}

const DASH = 0x2d;

interface Counter {
  readonly rule: PositionalSecret;
  position: number;
}

/** Follows which program the words of a command line belong to. */
export class CommandTracker {
  /** lower-case name of the program whose arguments are being read, '' where none is known */
  program = '';
  #rules: ProgramRules | undefined;
  #awaits: 'program' | 'known program' | 'nothing' = 'program';
  #subcommands: string[] = [];
  #counters: Counter[] = [];

  /** Takes the next word; returns true where it names a program. */
  follow(word: CommandWord): boolean {
    const { text, before } = word;
    if (before === 'separator' || before === 'pipe') this.#begin();
    if (text.charCodeAt(0) === DASH) {
      if (text === '--') this.#awaits = 'known program';
      if (this.program !== '' || !LOGIN_SHELL.test(text)) return false;
    }
    const mayStart = this.#awaits === 'nothing' && before === 'opener' ? 'known program' : this.#awaits;
    if (mayStart !== 'nothing' && this.#start(text, mayStart)) return true;
    if (EXECUTORS.has(this.program) && this.#runsNext(text)) this.#awaits = 'known program';
    if (this.#subcommands.length < MAX_SUBCOMMANDS) this.#subcommands.push(text);
    return false;
  }

  hasSubcommand(word: string): boolean {
    return this.#subcommands.includes(word);
  }

  /** Tells whether `name=` is telling for the current program. */
  isOwnName(name: string): boolean {
    return this.#rules?.names.has(name) ?? false;
  }

  get hasOwnNames(): boolean {
    return this.#rules !== undefined && this.#rules.names.size > 0;
  }

  get hasRules(): boolean {
    return this.#rules !== undefined;
  }

  /** What the current program says about a flag. */
  flagSecret(word: string): { readonly secret: FlagSecret; readonly gluedAfter: number | undefined } | undefined {
    for (const secret of this.#rules?.flags ?? []) {
      for (const flag of secret.flags) {
        const gluedAfter = matchFlag(word, flag, secret.value);
        if (gluedAfter !== 'no' && this.#isWithin(secret.within)) return { secret, gluedAfter };
      }
    }
    return undefined;
  }

  /** Tells whether the current program has rules for the flag, whatever they say. */
  knowsFlag(word: string): boolean {
    return this.#rules?.flags.some(({ flags }) => flags.includes(word)) ?? false;
  }

  /** The form of a word that is no flag, where its position makes it a secret. Counts: to be asked once for every such word. */
  positionalForm(word: string, previous: string): ValueForm | undefined {
    let form: ValueForm | undefined;
    for (const counter of this.#counters) {
      const { rule } = counter;
      if (rule.ignores?.test(word) || rule.valueFlags?.test(previous)) continue;
      if (rule.positions.includes(counter.position)) form = rule.form;
      counter.position += 1;
    }
    if (this.#counters.length > 0)
      this.#counters = this.#counters.filter(({ rule, position }) => position <= Math.max(...rule.positions));
    this.countAfter(word);
    return form;
  }

  /** Begins to count positions where `word` is what they are counted from. */
  countAfter(word: string): void {
    for (const rule of this.#rules?.positions ?? []) {
      if (rule.after?.test(word) && this.#isWithin(rule.within) && this.#counters.length < MAX_COUNTERS)
        this.#counters.push({ rule, position: 0 });
    }
  }

  #isWithin(within: RegExp | undefined): boolean {
    return within === undefined || this.#subcommands.some((word) => within.test(word));
  }

  #runsNext(word: string): boolean {
    return word === 'exec' || (IMAGE.test(word) && this.hasSubcommand('run'));
  }

  #begin(): void {
    this.program = '';
    this.#rules = undefined;
    this.#awaits = 'program';
    this.#subcommands = [];
    this.#counters = [];
  }

  #start(word: string, awaited: 'program' | 'known program'): boolean {
    if (word.includes('=') && /^\w+=/.test(word)) return false;
    const name = programName(word);
    const rules = programRules(name);
    const isWrapper = WRAPPERS.has(name);
    const isKnown = rules !== undefined || isWrapper || SHELLS.has(name) || KNOWN_BESIDES.has(name);
    if (awaited === 'known program' && !isKnown) return false;
    this.#begin();
    this.program = name;
    this.#rules = rules;
    this.#awaits = isWrapper ? 'known program' : INTERPRETERS.has(name) ? 'program' : 'nothing';
    for (const rule of rules?.positions ?? []) {
      if (rule.after === undefined) this.#counters.push({ rule, position: 0 });
    }
    return true;
  }
}

/** No command has more words at once that something is counted from. */
const MAX_COUNTERS = 16;

/** Characters before a glued value; undefined where the value is the next word. */
function matchFlag(word: string, flag: string, value: FlagSecret['value']): number | undefined | 'no' {
  if (word === flag) return value === 'glued' ? 'no' : undefined;
  if (value === 'next') return 'no';
  if (flag.length > 2 && word.startsWith(flag) && word[flag.length] === '=') return flag.length + 1;
  const isShort = flag.length === 2 && flag.startsWith('-');
  if (!isShort && value !== 'glued') return 'no';
  if (word.startsWith(flag)) return word.startsWith('--') ? 'no' : flag.length;
  const endsSo = value === 'either' && isShort && word.charCodeAt(word.length - 1) === flag.charCodeAt(1);
  return endsSo && /^-[A-Za-z]{2,6}$/.test(word) ? undefined : 'no';
}
