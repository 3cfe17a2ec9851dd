import { createHash } from 'node:crypto';
import type { ProcessDetails } from '../../../event/process-row.ts';
import type { Redactor } from '../../redact/redactor.ts';
import { decodeText } from '../decode-text.ts';
import { commonProcessId } from './cpid.ts';
import { containerIdOf } from './parse-cgroup.ts';
import { ArgumentCounter, parseCmdline } from './parse-cmdline.ts';
import { parseStatus, type StatusFields } from './parse-status.ts';
import { type ProcReader, type ReadFailure, readLink, statThrough } from './proc-reader.ts';

/** What is known of the process before its details are read. */
export interface DetailsRequest {
  /** `/proc/PID` */
  readonly directory: string;
  readonly startTicks: number;
  readonly kernelThread: boolean;
  readonly zombie: boolean;
  readonly enhanced: boolean;
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

export interface ReadDetails {
  readonly details: ProcessDetails;
  /** Digest of the raw cmdline: tells whether the argument array was rewritten, without keeping it. */
  readonly cmdlineDigest: string | undefined;
}

/** Raw arguments looked at (redaction needs whole ones) and, after redaction, kept. */
const RAW_LIMITS = { maxArgs: 256, maxBytes: 16 * 1024 };
const KEPT_ARGUMENT_BYTES = 8 * 1024;
const DELETED = ' (deleted)';
const UNSET_LOGIN_UID = 4_294_967_295;

type MutableDetails = { -readonly [Key in keyof ProcessDetails]: ProcessDetails[Key] };

/**
 * Reads what an exec or a rare system call changes: status, cmdline, the exe, cwd and namespace links, cgroup, loginuid.
 * A file that is gone leaves its fields absent; one that is denied is named as well.
 */
export function readDetails(reader: ProcReader, request: DetailsRequest): ReadDetails {
  const reading = new DetailsReading(reader, request);
  reading.status();
  // A kernel thread has neither executable nor arguments; a zombie has lost both.
  if (!request.kernelThread && !request.zombie) {
    reading.executable();
    reading.arguments();
  } else if (request.kernelThread) {
    reading.noArguments();
  }
  if (request.enhanced) {
    reading.cgroup();
    reading.loginUser();
    if (!request.kernelThread && !request.zombie) {
      reading.workingDirectory();
      reading.namespaces();
    }
  }
  return reading.finish();
}

class DetailsReading {
  readonly #reader: ProcReader;
  readonly #request: DetailsRequest;
  readonly #details: MutableDetails;
  readonly #denied = new Set<string>();
  readonly #escaped = new Set<string>();
  #status: StatusFields = {};
  #cmdlineDigest: string | undefined;

  constructor(reader: ProcReader, request: DetailsRequest) {
    this.#reader = reader;
    this.#request = request;
    this.#details = { redaction: request.redactor.version, redactions: 0 };
  }

  status(): void {
    // The line of groups can be longer than the buffer, and what counts stands behind it.
    const rest: string[] = [];
    const length = this.#read('status', 'process.user.id', (piece) => rest.push(latin1(piece)));
    if (length === undefined) return;
    this.#status = parseStatus(this.#reader.buffer.toString('latin1', 0, length) + rest.join(''));
    const { namespacePids, ...fields } = this.#status;
    Object.assign(this.#details, fields);
    this.#details.virtualPid = namespacePids?.at(-1);
  }

  executable(): void {
    const link = `${this.#request.directory}/exe`;
    const target = this.#known(readLink(link), 'process.executable.path');
    if (target === undefined) return;
    const deleted = target.subarray(-DELETED.length).toString('latin1') === DELETED;
    const path = deleted ? target.subarray(0, -DELETED.length) : target;
    this.#details.executablePath = this.#text(path, 'process.executable.path');
    this.#details.executableDeleted = deleted;
    const file = this.#known(statThrough(link), 'procmond.executable.inode');
    if (file === undefined) return;
    this.#details.executableDevice = file.dev;
    this.#details.executableInode = file.ino;
    this.#details.executableExists = file.nlink > 0;
  }

  /**
   * Arguments are those an exec was given. What a program writes over them later, a title, is not read again; only where
   * an exec cannot be told from a title, because the process may not be looked into, other text is taken for arguments.
   */
  arguments(): void {
    const { previous, sameProgram } = this.#request;
    const comparable = previous?.details.redaction === this.#details.redaction && previous.cmdlineDigest !== undefined;
    if (comparable && sameProgram && sameFile(previous.details, this.#details)) return this.#keepArguments(previous);

    const read = this.#readCommandLine();
    if (read === undefined) return;
    const { bytes, counter, digest } = read;
    this.#cmdlineDigest = digest;
    if (comparable && previous.cmdlineDigest === digest) return this.#keepArguments(previous);

    const raw = parseCmdline(bytes.subarray(0, counter.bytes), RAW_LIMITS);
    const decoded = raw.args.map((argument) => this.#decode(argument, 'process.command_args'));
    const redacted = this.#request.redactor.arguments(decoded);
    this.#details.redactions += redacted.redactions;
    const kept = cutToBytes(redacted.value, KEPT_ARGUMENT_BYTES);
    this.#details.args = kept;
    this.#details.argsCount = counter.count;
    this.#details.argsTruncated = raw.truncated || kept !== redacted.value;
  }

  /** Its first 64 KiB; digest and count are of all of it. */
  #readCommandLine(): { bytes: Uint8Array; counter: ArgumentCounter; digest: string } | undefined {
    const { buffer } = this.#reader;
    const counter = new ArgumentCounter();
    const hash = createHash('sha256');
    const take = (piece: Uint8Array) => {
      counter.add(piece);
      hash.update(piece);
    };
    let isLong = false;
    const length = this.#read('cmdline', 'process.command_args', (piece) => {
      if (!isLong) take(buffer);
      isLong = true;
      take(piece);
    });
    if (length === undefined) return undefined;
    const bytes = buffer.subarray(0, length);
    if (!isLong) take(bytes);
    return { bytes, counter, digest: hash.digest('base64') };
  }

  #keepArguments({ details, cmdlineDigest }: ReadDetails): void {
    this.#cmdlineDigest = cmdlineDigest;
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
    const length = this.#read('cgroup', 'process.linux.cgroup');
    if (length === undefined) return;
    const bytes = this.#reader.buffer.subarray(0, length);
    const text = this.#decode(bytes, 'process.linux.cgroup').trimEnd();
    this.#details.containerId = containerIdOf(text);
    this.#details.cgroup = this.#redact(text);
  }

  loginUser(): void {
    const length = this.#read('loginuid', 'procmond.process.login_user.id');
    if (length === undefined || length === 0) return;
    const id = Number(this.#reader.buffer.toString('latin1', 0, length));
    if (Number.isInteger(id) && id !== UNSET_LOGIN_UID) this.#details.loginUserId = id;
  }

  workingDirectory(): void {
    const target = this.#known(readLink(`${this.#request.directory}/cwd`), 'process.working_directory');
    if (target !== undefined) this.#details.workingDirectory = this.#text(target, 'process.working_directory');
  }

  namespaces(): void {
    this.#details.pidNamespace = this.#namespace('pid');
    // One `ns` directory: what denies the first denies all.
    if (this.#denied.has('procmond.namespace.pid')) {
      for (const kind of ['mnt', 'net', 'user']) this.#denied.add(`procmond.namespace.${kind}`);
      return;
    }
    this.#details.mountNamespace = this.#namespace('mnt');
    this.#details.networkNamespace = this.#namespace('net');
    this.#details.userNamespace = this.#namespace('user');
  }

  finish(): ReadDetails {
    this.#commonProcessId();
    if (this.#denied.size > 0) this.#details.deniedFields = [...this.#denied].sort();
    if (this.#escaped.size > 0) this.#details.escapedFields = [...this.#escaped].sort();
    return { details: this.#details, cmdlineDigest: this.#cmdlineDigest };
  }

  /** A process with one `NStgid` number lives in the mount's pid namespace: no right over the process is needed then. */
  #commonProcessId(): void {
    const { namespacePids } = this.#status;
    const { bootId, mountPidNamespace, startTicks, previous } = this.#request;
    const virtualPid = namespacePids?.at(-1);
    if (this.#denied.has('process.user.id')) this.#denied.add('procmond.process.cpid');
    if (bootId === undefined || namespacePids === undefined || virtualPid === undefined) return;
    const before = previous?.details.cpid;
    if (before !== undefined) {
      this.#details.cpid = before;
      return;
    }
    const pidNamespace =
      namespacePids.length === 1 ? mountPidNamespace : (this.#details.pidNamespace ?? this.#namespace('pid'));
    if (pidNamespace === undefined) {
      this.#denied.add('procmond.process.cpid');
      return;
    }
    this.#details.cpid = commonProcessId({ bootId, pidNamespace, startTicks, virtualPid });
  }

  #namespace(kind: string): number | undefined {
    const target = this.#known(readLink(`${this.#request.directory}/ns/${kind}`), `procmond.namespace.${kind}`);
    return target === undefined ? undefined : namespaceInode(target.toString('latin1'));
  }

  #read(file: string, attribute: string, onRest?: (piece: Uint8Array) => void): number | undefined {
    return this.#known(this.#reader.read(`${this.#request.directory}/${file}`, onRest), attribute);
  }

  #known<T extends object | number>(result: T | ReadFailure, attribute: string): T | undefined {
    if (result === 'gone') return undefined;
    if (result === 'denied') {
      this.#denied.add(attribute);
      return undefined;
    }
    return result;
  }

  #text(bytes: Uint8Array, attribute: string): string {
    return this.#redact(this.#decode(bytes, attribute));
  }

  #decode(bytes: Uint8Array, attribute: string): string {
    const decoded = decodeText(bytes);
    if (decoded.escaped) this.#escaped.add(attribute);
    return decoded.text;
  }

  #redact(text: string): string {
    const redacted = this.#request.redactor.text(text);
    this.#details.redactions += redacted.redactions;
    return redacted.value;
  }
}

function sameFile(a: ProcessDetails, b: ProcessDetails): boolean {
  return (
    a.executablePath === b.executablePath &&
    a.executableDevice === b.executableDevice &&
    a.executableInode === b.executableInode
  );
}

/** Inode in the target of a namespace link, `pid:[4026531836]` (namespaces(7)). */
export function namespaceInode(target: string): number | undefined {
  const inode = /^\w+:\[(\d+)\]$/.exec(target)?.[1];
  return inode === undefined ? undefined : Number(inode);
}

/** The arguments that fit, the last one cut where it must be; the same array when all fit. */
function cutToBytes(args: readonly string[], maxBytes: number): readonly string[] {
  let bytes = 0;
  for (const [index, argument] of args.entries()) {
    bytes += Buffer.byteLength(argument);
    if (bytes <= maxBytes) continue;
    const room = maxBytes - (bytes - Buffer.byteLength(argument));
    return [...args.slice(0, index), cutText(argument, room)];
  }
  return args;
}

/** The longest prefix of whole characters within `maxBytes` of UTF-8. */
function cutText(text: string, maxBytes: number): string {
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(maxBytes));
  return text.slice(0, read);
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
}
