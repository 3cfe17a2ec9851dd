import { getSystemErrorMessage, getSystemErrorName } from 'node:util';
import type { Clock } from '../base/clock.ts';
import { errorMessage } from '../base/errors.ts';
import { escapeForDisplay } from '../base/escape-for-display.ts';
import type { Logger } from '../base/logger.ts';
import { type DatagramSocket, openDatagramSocket } from './datagram-socket.ts';
import { type NotifySettings, watchdogIntervalMillis } from './notify-settings.ts';
import { socketAddress } from './socket-address.ts';

export interface ServiceManagerOptions {
  readonly settings: NotifySettings;
  readonly logger: Logger;
  readonly clock: Clock;
  /** Of this process. */
  readonly pid: number;
  /** The watchdog is told that all is well while this is ok, and people are told why not. */
  readonly liveness: () => { readonly status: 'ok' | 'failing'; readonly message: string };
  /** CLOCK_MONOTONIC, which the service manager reads too. */
  readonly monotonicMicros: () => bigint;
}

/** What the receiver had no room for is sent again with the next message, and at least so often without a watchdog. */
const RETRY_MILLIS = 10_000;
const MOST_WAITING = 16;

/**
 * Tells the service manager that started procmond (systemd, by the protocol of sd_notify) when it is ready, reloads and
 * stops, what it does, and that it lives. Where there is none, or it cannot be told, procmond runs all the same; why it
 * cannot is said once. Nothing here ever waits for it.
 */
export class ServiceManager {
  readonly #options: ServiceManagerOptions;
  readonly #watchdogMillis: number | undefined;
  #socket: DatagramSocket | undefined;
  /** What must not be missed, and found no room. */
  readonly #waiting: string[] = [];
  #failureTold = false;
  #stopping = false;

  private constructor(options: ServiceManagerOptions, socket: DatagramSocket | undefined) {
    this.#options = options;
    this.#socket = socket;
    this.#watchdogMillis = socket === undefined ? undefined : watchdogIntervalMillis(options.settings, options.pid);
  }

  static async connect(options: ServiceManagerOptions): Promise<ServiceManager> {
    const { socket } = options.settings;
    if (socket === undefined) return new ServiceManager(options, undefined);
    const address = socketAddress(socket);
    try {
      if (!address.ok) throw new Error(`NOTIFY_SOCKET ${address.problem}: "${escapeForDisplay(socket)}"`);
      return new ServiceManager(options, await openDatagramSocket(address.path));
    } catch (error) {
      options.logger.warn(`the service manager is not told how procmond fares: ${errorMessage(error)}`);
      return new ServiceManager(options, undefined);
    }
  }

  /** It serves: also again, after a reload. */
  ready(status: string): void {
    if (this.#stopping) return;
    this.#tell(['READY=1', statusLine(status)], { mustArrive: true });
  }

  /** `ready` is to follow, whatever became of it. */
  reloading(): void {
    this.#tell(['RELOADING=1', `MONOTONIC_USEC=${this.#options.monotonicMicros()}`], { mustArrive: true });
  }

  stopping(): void {
    this.#stopping = true;
    this.#tell(['STOPPING=1', statusLine('stopping')], { mustArrive: true });
  }

  /** What it does, one line for people. */
  status(status: string): void {
    this.#tell([statusLine(status)], { mustArrive: false });
  }

  /** Feeds the watchdog, where there is one, until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (this.#socket !== undefined && !signal.aborted) {
      this.#feedWatchdog();
      await this.#options.clock.delay(this.#watchdogMillis ?? RETRY_MILLIS, signal);
      this.#tellWaiting();
    }
  }

  /** What is told afterwards reaches nobody. */
  close(): void {
    this.#socket?.close();
    this.#socket = undefined;
  }

  #feedWatchdog(): void {
    const { status, message } = this.#options.liveness();
    if (status === 'failing') this.status(message);
    else if (this.#watchdogMillis !== undefined) this.#tell(['WATCHDOG=1'], { mustArrive: false });
  }

  #tell(lines: readonly string[], { mustArrive }: { readonly mustArrive: boolean }): void {
    const text = lines.join('\n');
    this.#tellWaiting();
    // In the order in which it happened.
    if (this.#waiting.length === 0 && this.#send(text)) return;
    if (mustArrive && this.#waiting.length < MOST_WAITING) this.#waiting.push(text);
  }

  #tellWaiting(): void {
    for (let text = this.#waiting[0]; text !== undefined; text = this.#waiting[0]) {
      if (!this.#send(text)) return;
      this.#waiting.shift();
    }
  }

  /** @returns false when there was no room */
  #send(text: string): boolean {
    const result = this.#socket?.send(text) ?? 'sent';
    if (typeof result === 'number' && !this.#failureTold) {
      this.#failureTold = true;
      const why = `${getSystemErrorName(-result)}: ${getSystemErrorMessage(-result)}`;
      this.#options.logger.warn(`the service manager could not be told how procmond fares (${why})`);
    }
    return result !== 'full';
  }
}

function statusLine(status: string): string {
  return `STATUS=${escapeForDisplay(status)}`;
}
