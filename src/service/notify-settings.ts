/** What a service manager asks for by environment variables (sd_notify(3), sd_watchdog_enabled(3)), as they stand there. */
export interface NotifySettings {
  /** NOTIFY_SOCKET; absent = nobody wants to know. */
  readonly socket?: string;
  /** WATCHDOG_USEC: it acts when it has heard nothing for so long. */
  readonly watchdogMicros?: string;
  /** WATCHDOG_PID: the process that is meant; absent = whichever reads it. */
  readonly watchdogPid?: string;
}

/** Takes them out of the environment: they concern this process, and none that it starts. */
export function takeNotifySettings(env: Record<string, string | undefined>): NotifySettings {
  const take = (name: string) => {
    const value = env[name];
    delete env[name];
    return value === undefined || value === '' ? undefined : value;
  };
  const [socket, watchdogMicros, watchdogPid] = ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID'].map(take);
  return {
    ...(socket !== undefined && { socket }),
    ...(watchdogMicros !== undefined && { watchdogMicros }),
    ...(watchdogPid !== undefined && { watchdogPid }),
  };
}

/** How often the watchdog is to hear from this process: twice as often as it has to. undefined = not at all. */
export function watchdogIntervalMillis(settings: NotifySettings, pid: number): number | undefined {
  const { watchdogMicros, watchdogPid } = settings;
  if (watchdogMicros === undefined || !/^\d{1,15}$/.test(watchdogMicros)) return undefined;
  if (watchdogPid !== undefined && watchdogPid !== String(pid)) return undefined;
  const millis = Number(watchdogMicros) / 2_000;
  return millis > 0 ? millis : undefined;
}
