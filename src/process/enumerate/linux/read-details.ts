import type { ProcessDetails, RefreshedFigures } from '../../../event/process-row.ts';
import type { Redactor } from '../../redact/redactor.ts';
import { cutArguments, cutText } from '../cut-text.ts';
import { decodeText } from '../decode-text.ts';
import { commonProcessId } from './cpid.ts';
import { emptyDetails, type MutableDetails } from './empty-details.ts';
import { type ExecutableFile, type ExecutableFiles, parseExecutablePath, pathIsTaken } from './executable-files.ts';
import type { KnownCgroup } from './known-cgroup.ts';
import { parseCmdline, type RawArguments } from './parse-cmdline.ts';
import { parseIo } from './parse-io.ts';
import { parseStatus, type StatusFields } from './parse-status.ts';
import { countFileDescriptors, type ProcReader, type ReadFailure, readLink } from './proc-reader.ts';
import { type CommandLine, readCommandLineHead, readSettledCommandLine } from './read-command-line.ts';
import type { KnownText, RedactedMemo } from './redacted-memo.ts';

/** What is known of the process before its details are read. */
export interface DetailsRequest {
  /** `/proc/PID` */
  readonly directory: string;
  readonly startTicks: number;
  readonly kernelThread: boolean;
  readonly zombie: boolean;
  readonly enhanced: boolean;
  readonly usageAtOnce: boolean;
  readonly countFileDescriptors: boolean;
  readonly redactor: Redactor;
  /** undefined when it is not known: then there is no CPID. */
  readonly bootId: string | undefined;
  /** Inode of the pid namespace that the proc mount shows; undefined until some readable process told it. */
  readonly mountPidNamespace: number | undefined;
  /** What an earlier reading gave, so that unchanged text need not be redacted again. */
  readonly previous: ReadDetails | undefined;
  /** True when it is certain that no exec gave it other arguments since `previous`. */
  readonly sameProgram: boolean;
}

/** What all readings share. */
export interface DetailsReader {
  readonly files: ProcReader;
  readonly texts: RedactedMemo<KnownText>;
  readonly cgroups: RedactedMemo<KnownCgroup>;
  readonly executables: ExecutableFiles;
}

export interface ReadDetails {
  readonly details: ProcessDetails;
  readonly figures: RefreshedFigures;
  /** Digest of the raw cmdline an exec was given: tells whether it was rewritten, without keeping it. */
  readonly argumentsDigest: string | undefined;
  /** Digest of the raw cmdline that `title` was made of. */
  readonly titleDigest: string | undefined;
}

/** So much more is looked at than is kept: what is cut off raw is a secret that may not look like one any more. */
const RAW_SHARE = 2;
const UNSET_LOGIN_UID = 4_294_967_295;
const ARGUMENTS = ['process.command_args'];
const TITLE = 'process.title';

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/**
 * Reads what an exec or a rare system call changes, and the figures that are costly: status, the exe link and its file,
 * cmdline, and with `enhanced` the cwd and namespace links, cgroup, loginuid, io and oom_score.
 * A file that is gone leaves its fields absent; one that is denied is named as well.
 */
export function readDetails(reader: DetailsReader, request: DetailsRequest): ReadDetails {
  const reading = new DetailsReading(reader, request);
  const hasProgram = !request.kernelThread && !request.zombie;
  reading.status();
  // A kernel thread has neither executable nor arguments; a zombie has lost both.
  if (hasProgram) {
    reading.executable();
    reading.commandLine();
  } else if (request.kernelThread) {
    reading.noArguments();
  }
  if (request.enhanced) {
    reading.cgroup();
    if (hasProgram) {
      reading.loginUser();
      reading.workingDirectory();
      reading.namespaces();
      // What is new has not used anything yet; and a first look at a whole host is costly enough.
      if (request.previous !== undefined || request.usageAtOnce) reading.usage();
      else reading.deniedUsage();
    }
  }
  return reading.finish();
}

class DetailsReading {
  readonly #reader: DetailsReader;
  readonly #request: DetailsRequest;
  readonly #details: MutableDetails;
  readonly #figures: Mutable<RefreshedFigures> = {};
  readonly #denied = new Set<string>();
  readonly #escaped = new Set<string>();
  readonly #truncated = new Set<string>();
  #status: StatusFields = {};
  #argumentsDigest: string | undefined;
  #titleDigest: string | undefined;
  /** The kernel refused to let it be looked into (ptrace access of ptrace(2)): so it would for each such file. */
  #closed = false;
  /** Some are refused even to who may look into the rest. */
  #namespacesClosed = false;

  constructor(reader: DetailsReader, request: DetailsRequest) {
    this.#reader = reader;
    this.#request = request;
    this.#details = emptyDetails(request.redactor.version);
  }

  status(): void {
    // The line of groups can be longer than the buffer, and what counts stands behind it.
    const rest: string[] = [];
    const length = this.#read('status', ['process.user.id'], (piece) => rest.push(latin1(piece)));
    if (length === undefined) return;
    this.#status = parseStatus(this.#reader.files.buffer.toString('latin1', 0, length) + rest.join(''));
    const status = this.#status;
    const details = this.#details;
    details.realUserId = status.realUserId;
    details.userId = status.userId;
    details.savedUserId = status.savedUserId;
    details.filesystemUserId = status.filesystemUserId;
    details.realGroupId = status.realGroupId;
    details.groupId = status.groupId;
    details.savedGroupId = status.savedGroupId;
    details.filesystemGroupId = status.filesystemGroupId;
    details.effectiveCapabilities = status.effectiveCapabilities;
    details.noNewPrivileges = status.noNewPrivileges;
    details.seccompMode = status.seccompMode;
    details.virtualPid = status.namespacePids?.at(-1);
    this.#figures.swapBytes = status.swapBytes;
    this.#figures.voluntarySwitches = status.voluntarySwitches;
    this.#figures.involuntarySwitches = status.involuntarySwitches;
  }

  executable(): void {
    const link = `${this.#request.directory}/exe`;
    const target = readLink(link);
    this.#closed = target === 'denied';
    const found = this.#known(target, ['process.executable.path']);
    if (found === undefined) return;
    const file = this.#known(this.#reader.executables.read(link), ['procmond.executable.inode']);
    const { path, deleted, memfd } = parseExecutablePath(found.target, file, this.#request.directory);
    const details = this.#details;
    details.executablePath = this.#text(path, 'process.executable.path');
    details.executableDeleted = deleted;
    details.executableMemfd = memfd;
    if (deleted && !memfd) details.executableReplaced = pathIsTaken(this.#request.directory, path);
    if (file === undefined) return;
    if (!memfd) details.executableWorldWritable = this.#worldWritable(path, file);
    details.executableExists = file.exists;
    details.executableDevice = file.device;
    details.executableInode = file.inode;
    details.executableBytes = file.bytes;
    details.executableModifiedMillis = file.modifiedMillis;
    details.executableVersion = file.version;
    if (this.#request.enhanced) details.executableHtlhash = this.#htlHash(link, file);
  }

  #worldWritable(path: string, file: ExecutableFile): boolean | undefined {
    return this.#reader.executables.worldWritable(this.#request.directory, path, file);
  }

  #htlHash(link: string, file: ExecutableFile): string | undefined {
    const read = this.#reader.executables.htlHash(link, file);
    return this.#known(read, ['process.executable.build_id.htlhash'])?.hash;
  }

  /**
   * Arguments are those an exec was given; what a program writes over them later is its title. Only where an exec cannot
   * be told from a title, because the process may not be looked into, other text is taken for arguments.
   */
  commandLine(): void {
    const { previous, sameProgram, enhanced } = this.#request;
    const argumentsKnown = previous?.argumentsDigest !== undefined && sameProgram && this.#sameExecutable(previous);
    const comparable = previous?.details.redaction === this.#details.redaction;
    if (argumentsKnown && comparable && !enhanced) return this.#keepArguments(previous);
    const path = `${this.#request.directory}/cmdline`;
    const head = this.#known(readCommandLineHead(this.#reader.files, path), ARGUMENTS);
    if (head === undefined) return;
    const { digest } = head;
    const isSame = previous?.argumentsDigest === digest;
    if (comparable && (argumentsKnown || (isSame && head.complete))) {
      this.#keepArguments(previous);
      if (previous.titleDigest === digest) return this.#keepTitle(previous);
      if (isSame) return;
      const title = this.#known(readSettledCommandLine(this.#reader.files, path, head) ?? 'gone', ARGUMENTS);
      if (title !== undefined) this.#title(title);
      return;
    }
    const settled = readSettledCommandLine(this.#reader.files, path, head);
    // It is never the same: nothing of it can be redacted for certain. The next refresh tries again.
    if (settled === undefined) this.#details.argsTruncated = true;
    const read = settled && this.#known(settled, ARGUMENTS);
    if (read === undefined) return;
    this.#arguments(read);
    // Nothing that an exec is given looks like this: it was written over before the first look at it.
    if (read.rewritten && enhanced) this.#title(read);
  }

  #sameExecutable({ details }: ReadDetails): boolean {
    const now = this.#details;
    return (
      details.executablePath === now.executablePath &&
      details.executableDevice === now.executableDevice &&
      details.executableInode === now.executableInode
    );
  }

  #arguments({ bytes, count, digest }: CommandLine): void {
    const { redactor } = this.#request;
    const { args, truncated } = this.#rawArguments(bytes, redactor.limits.maxArgumentBytes);
    const redacted = redactor.arguments(args.map((argument) => this.#decode(argument, 'process.command_args')));
    const kept = cutArguments(redacted.value, redactor.limits.maxArgumentBytes);
    const details = this.#details;
    details.redactions += redacted.redactions;
    details.args = kept;
    details.argsCount = count;
    details.argsTruncated = truncated || kept !== redacted.value;
    this.#argumentsDigest = digest;
  }

  /** Where it is still split into arguments it is redacted as these are: what belongs together is plain only there. */
  #title({ bytes, digest }: CommandLine): void {
    const { redactor } = this.#request;
    const { args, truncated } = this.#rawArguments(bytes, redactor.limits.maxTextBytes);
    const words = args.map((argument) => this.#decode(argument, TITLE));
    const split = words.length > 1 ? redactor.arguments(words) : { value: words, redactions: 0 };
    const whole = redactor.commandText(split.value.join(' ').trim());
    this.#titleDigest = digest;
    this.#details.redactions += split.redactions + whole.redactions;
    if (whole.value === undefined) return;
    const kept = cutText(whole.value, redactor.limits.maxTextBytes);
    this.#details.title = kept;
    if (truncated || kept !== whole.value) this.#truncated.add(TITLE);
  }

  #keepTitle({ details, titleDigest }: ReadDetails): void {
    this.#titleDigest = titleDigest;
    this.#details.title = details.title;
    if (details.escapedFields?.includes(TITLE)) this.#escaped.add(TITLE);
    if (details.truncatedFields?.includes(TITLE)) this.#truncated.add(TITLE);
  }

  #rawArguments(bytes: Uint8Array, keptBytes: number): RawArguments {
    const maxArgs = this.#request.redactor.limits.maxArguments;
    return parseCmdline(bytes, { maxArgs, maxBytes: RAW_SHARE * keptBytes });
  }

  #keepArguments({ details, argumentsDigest }: ReadDetails): void {
    this.#argumentsDigest = argumentsDigest;
    this.#details.args = details.args;
    this.#details.argsCount = details.argsCount;
    this.#details.argsTruncated = details.argsTruncated;
    if (details.escapedFields?.includes('process.command_args')) this.#escaped.add('process.command_args');
  }

  noArguments(): void {
    this.#details.args = [];
    this.#details.argsCount = 0;
  }

  cgroup(): void {
    const length = this.#read('cgroup', ['process.linux.cgroup']);
    if (length === undefined) return;
    const raw = this.#reader.files.buffer.toString('latin1', 0, length);
    const known = this.#reader.cgroups.get(raw, this.#request.redactor);
    const details = this.#details;
    details.cgroup = known.cgroup;
    details.containerId = known.containerId;
    details.containerRuntime = known.containerRuntime;
    details.podUid = known.podUid;
    details.systemdUnit = known.systemdUnit;
    details.systemdUserUnit = known.systemdUserUnit;
    details.systemdSlice = known.systemdSlice;
    details.redactions += known.redactions;
    for (const attribute of known.escapedFields) this.#escaped.add(attribute);
    for (const attribute of known.truncatedFields) this.#truncated.add(attribute);
  }

  /** Written once, at login, before the exec of a shell: nothing that needs to be looked at again. */
  loginUser(): void {
    const { previous, sameProgram } = this.#request;
    if (previous?.details.loginUserId !== undefined && sameProgram) {
      this.#details.loginUserId = previous.details.loginUserId;
      return;
    }
    const length = this.#read('loginuid', ['procmond.process.login_user.id']);
    if (length === undefined || length === 0) return;
    const id = Number(this.#reader.files.buffer.toString('latin1', 0, length));
    if (Number.isInteger(id) && id !== UNSET_LOGIN_UID) this.#details.loginUserId = id;
  }

  workingDirectory(): void {
    const read = () => readLink(`${this.#request.directory}/cwd`);
    const found = this.#inside(false, read, ['process.working_directory']);
    if (found !== undefined) this.#details.workingDirectory = this.#text(found.target, 'process.working_directory');
  }

  namespaces(): void {
    const details = this.#details;
    details.pidNamespace = this.#pidNamespace();
    details.mountNamespace = this.#namespace('mnt');
    details.networkNamespace = this.#namespace('net');
    details.userNamespace = this.#namespace('user');
  }

  usage(): void {
    this.#io();
    const score = this.#read('oom_score', ['procmond.process.oom.score']);
    if (score !== undefined) this.#figures.oomScore = this.#integer(score);
    if (!this.#request.countFileDescriptors) return;
    const count = countFileDescriptors(`${this.#request.directory}/fd`);
    this.#figures.openFiles = this.#known(count, ['procmond.process.file_descriptors']);
  }

  /** What will be refused is known without a reading: it is told from the first look on, and once. */
  deniedUsage(): void {
    if (this.#closed) this.#io();
  }

  #io(): void {
    const { files } = this.#reader;
    const read = () => files.read(`${this.#request.directory}/io`);
    const length = this.#inside(false, read, ['procmond.process.disk.io.read', 'procmond.process.disk.io.write']);
    if (length === undefined) return;
    const { readBytes, writtenBytes } = parseIo(files.buffer.toString('latin1', 0, length));
    this.#figures.readBytes = readBytes;
    this.#figures.writtenBytes = writtenBytes;
  }

  #integer(length: number): number | undefined {
    const text = this.#reader.files.buffer.toString('latin1', 0, length);
    return /^-?\d+\n$/.test(text) ? Number(text) : undefined;
  }

  finish(): ReadDetails {
    this.#commonProcessId();
    if (this.#denied.size > 0) this.#details.deniedFields = [...this.#denied].sort();
    if (this.#escaped.size > 0) this.#details.escapedFields = [...this.#escaped].sort();
    if (this.#truncated.size > 0) this.#details.truncatedFields = [...this.#truncated].sort();
    return {
      details: this.#details,
      figures: this.#figures,
      argumentsDigest: this.#argumentsDigest,
      titleDigest: this.#titleDigest,
    };
  }

  #commonProcessId(): void {
    const { namespacePids } = this.#status;
    const { bootId, startTicks, previous } = this.#request;
    const virtualPid = namespacePids?.at(-1);
    if (this.#denied.has('process.user.id')) this.#denied.add('procmond.process.cpid');
    if (bootId === undefined || namespacePids === undefined || virtualPid === undefined) return;
    const before = previous?.details.cpid;
    if (before !== undefined) {
      this.#details.cpid = before;
      return;
    }
    const pidNamespace = this.#pidNamespace();
    if (pidNamespace === undefined) {
      this.#denied.add('procmond.process.cpid');
      return;
    }
    this.#details.cpid = commonProcessId({ bootId, pidNamespace, startTicks, virtualPid });
  }

  /**
   * The one namespace that a process never leaves. One with a single `NStgid` number lives in the mount's: no right over
   * the process is needed then.
   */
  #pidNamespace(): number | undefined {
    const { previous, mountPidNamespace } = this.#request;
    if (this.#status.namespacePids?.length === 1 && mountPidNamespace !== undefined) return mountPidNamespace;
    return previous?.details.pidNamespace ?? this.#details.pidNamespace ?? this.#namespace('pid');
  }

  #namespace(kind: string): number | undefined {
    const attribute = `procmond.namespace.${kind}`;
    const found = this.#inside(this.#namespacesClosed, () => readLink(`${this.#request.directory}/ns/${kind}`), [
      attribute,
    ]);
    if (this.#denied.has(attribute)) this.#namespacesClosed = true;
    return found === undefined ? undefined : namespaceInode(found.target);
  }

  /** Attempts what needs ptrace access, unless the like was refused before. */
  #inside<T extends object | number>(
    closed: boolean,
    read: () => T | ReadFailure,
    attributes: readonly string[],
  ): T | undefined {
    return this.#known(closed || this.#closed ? 'denied' : read(), attributes);
  }

  #read(file: string, attributes: readonly string[], onRest?: (piece: Uint8Array) => void): number | undefined {
    return this.#known(this.#reader.files.read(`${this.#request.directory}/${file}`, onRest), attributes);
  }

  #known<T extends object | number>(result: T | ReadFailure, attributes: readonly string[]): T | undefined {
    if (result === 'gone') return undefined;
    if (result === 'denied' || result === 'unreadable') {
      for (const attribute of attributes) this.#denied.add(attribute);
      return undefined;
    }
    return result;
  }

  #text(raw: string, attribute: string): string {
    const { text, escaped, truncated, redactions } = this.#reader.texts.get(raw, this.#request.redactor);
    if (escaped) this.#escaped.add(attribute);
    if (truncated) this.#truncated.add(attribute);
    this.#details.redactions += redactions;
    return text;
  }

  #decode(bytes: Uint8Array, attribute: string): string {
    const decoded = decodeText(bytes);
    if (decoded.escaped) this.#escaped.add(attribute);
    return decoded.text;
  }
}

const NAMESPACE_LINK = /^[a-z_]+:\[(\d+)\]$/;

/** Inode in the target of a namespace link, `pid:[4026531836]` (namespaces(7)). */
export function namespaceInode(target: string): number | undefined {
  const inode = Number(NAMESPACE_LINK.exec(target)?.[1]);
  return Number.isSafeInteger(inode) && inode > 0 ? inode : undefined;
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
}
