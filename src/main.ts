#!/usr/bin/env -S node --max-semi-space-size=2 --heap-growing-percent=15
import { homedir } from 'node:os';
import { AdjustableLogger } from './base/adjustable-logger.ts';
import { systemClock } from './base/clock.ts';
import { errorMessage, ProcmondError } from './base/errors.ts';
import { armFaultPoints } from './base/fault-point.ts';
import { jsonLogger } from './base/json-logger.ts';
import { type Logger, silentLogger } from './base/logger.ts';
import { isNewEnough, OLDEST_NODE } from './base/node-version.ts';
import { textLogger } from './base/text-logger.ts';
import { VERSION } from './base/version.ts';
import { configCommand } from './cli/config-command.ts';
import { displayOf } from './cli/display.ts';
import { helpCommand } from './cli/help.ts';
import { versionCommand } from './cli/version-command.ts';
import { checkConditions } from './config/check-conditions.ts';
import type { Config } from './config/config.ts';
import { type LoadConfigResult, type LoadedConfig, loadConfig } from './config/load-config.ts';
import { describeProblem } from './config/problem.ts';
import { readConfigFile } from './config/read-config-file.ts';
import { userChange } from './privilege/become-user.ts';
import { takeNotifySettings } from './service/notify-settings.ts';
import { makeDataDirectoryFor } from './store/file/data-directory.ts';

/** 0 done, 1 failed while running or no process found, 2 called wrongly. */
type ExitCode = 0 | 1 | 2;

TEST_ONLY: armFaultPoints(process.env);
process.exitCode = await main();
// What still waits in a timer (the exporter between two attempts) has no say any more; what is being written does.
if (process.stdout.writableLength === 0) process.exit();
else process.stdout.once('drain', () => process.exit());

/** The program: the only place that reads argv and the environment and decides the exit code. */
async function main(): Promise<ExitCode> {
  endQuietlyOnClosedPipe();
  // Whatever it is started with: what it makes is for its user, and for its user to read.
  process.umask(0o077);
  if (!isNewEnough(process.version)) {
    process.stderr.write(
      `procmond: it needs Node.js ${OLDEST_NODE} or newer, this is ${process.version}; npm start brings its own\n`,
    );
    return 1;
  }
  const loaded = await readConfiguration();
  if (!loaded.ok) {
    for (const problem of loaded.problems) process.stderr.write(`procmond: ${describeProblem(problem)}\n`);
    process.stderr.write('procmond --help tells all commands and options\n');
    return 2;
  }
  switch (loaded.command) {
    case 'help':
      return helpCommand({ topic: loaded.topic, stdout: process.stdout });
    case 'version':
      return versionCommand({
        version: VERSION,
        nodeVersion: process.version,
        platform: process.platform,
        architecture: process.arch,
        stdout: process.stdout,
      });
    case 'config':
      return configCommand({
        settings: loaded.settings,
        rules: loaded.rules,
        redactPatterns: loaded.redactPatterns,
        rulesOrigin: loaded.rulesOrigin,
        env: process.env,
        stdout: process.stdout,
      });
    default: {
      const logger = makeLogger(loaded.config);
      try {
        const ended = loaded.command === 'run' || loaded.command === 'doctor' ? becomeUser(loaded, logger) : undefined;
        if (ended !== undefined) return ended;
        for (const warning of loaded.warnings) logger.warn(warning);
        return await runCommand(loaded.command, loaded, logger);
      } catch (error) {
        logger.error(errorMessage(error), error instanceof ProcmondError ? { code: error.code } : {});
        return 1;
      }
    }
  }
}

/**
 * Does what `--user` asks, before anything is opened: a program of that user takes the place of this one, with the same
 * pid, words and environment.
 * @returns an exit code when that cannot be; undefined when this is that user, or none was asked for
 * @throws {ProcmondError} when the data directory cannot be that user's
 */
function becomeUser({ command, config, settings }: LoadedConfig, logger: Logger): ExitCode | undefined {
  const [asked, ...others] = config.users;
  if (asked === undefined) return undefined;
  if (others.length > 0) {
    process.stderr.write(
      `procmond: flag --user: "${config.users.join(',')}" names several users; ${command} becomes one\n`,
    );
    return 2;
  }
  const [, program = '', ...words] = process.argv;
  const change = userChange(asked, [process.execPath, ...process.execArgv, program, ...words], process.env.PATH);
  switch (change.kind) {
    case 'none':
      return undefined;
    case 'refused':
      if (!change.usage) logger.error(change.message);
      else process.stderr.write(`procmond: flag ${change.message}\n`);
      return change.usage ? 2 : 1;
    case 'needed': {
      const { user, exec } = change;
      if (command === 'run') makeDataDirectoryFor(config.dataDirectory, user);
      // By default each user has another one.
      const isDefault = settings.some(({ option, origin }) => option.key === 'dataDirectory' && origin === 'default');
      const variables = isDefault ? { PROCMOND_DATA_DIR: config.dataDirectory } : {};
      if (process.execve === undefined) throw new Error(`Node.js ${process.version} has no process.execve`);
      return process.execve(exec.program, exec.args, { ...process.env, ...variables });
    }
  }
}

/** May be called again while it runs: the file may have changed by then. */
function readConfiguration(): Promise<LoadConfigResult> {
  const loaded = loadConfig({
    argv: process.argv.slice(2),
    env: process.env,
    readConfigFile,
    homeDirectory: homedir(),
    effectiveUserId: process.geteuid?.(),
  });
  return checkConditions(loaded, async () => {
    const { conditionProblem } = await import('./process/findings/condition.ts');
    return conditionProblem;
  });
}

/** The parts are loaded when they are needed: `ps` has no use for the OpenTelemetry SDK. */
async function runCommand(
  command: Exclude<LoadedConfig['command'], 'config'>,
  loaded: LoadedConfig,
  logger: AdjustableLogger,
): Promise<ExitCode> {
  const { config, words } = loaded;
  const stopping = stopOnSignals(command === 'run' ? logger : silentLogger);
  const { signal } = stopping;
  const { stdout, stderr } = process;
  const outputs = { stdout, stderr, display: displayOf(stdout, process.env) };
  switch (command) {
    case 'run': {
      const { runAgent, runOnce } = await import('./agent.ts');
      const { rules, redactPatterns } = loaded;
      const options = { env: process.env, logger, clock: systemClock, signal };
      const notify = takeNotifySettings(process.env);
      if (config.once) await runOnce({ ...options, config, rules, redactPatterns });
      else await runAgent({ ...options, loaded, readConfiguration, stop: () => stopping.abort(), onHangup, notify });
      return 0;
    }
    case 'ps': {
      const { psCommand } = await import('./cli/ps-command.ts');
      return psCommand({
        config,
        redactPatterns: loaded.redactPatterns,
        words,
        clock: systemClock,
        signal,
        ...outputs,
      });
    }
    case 'snapshot': {
      const { snapshotCommand } = await import('./cli/snapshot-command.ts');
      return snapshotCommand({ config, words, ...outputs });
    }
    case 'doctor': {
      const { doctorCommand } = await import('./cli/doctor-command.ts');
      const { env, platform, version: nodeVersion } = process;
      return doctorCommand({ config, env, stdout, platform, nodeVersion, clock: systemClock, signal });
    }
    case 'tail': {
      const { tailCommand } = await import('./cli/tail-command.ts');
      return tailCommand({ loaded, clock: systemClock, signal, terminal: stdout.isTTY, ...outputs });
    }
    case 'status': {
      const { statusCommand } = await import('./cli/status-command.ts');
      return statusCommand({ config, signal, ...outputs });
    }
    case 'trigger': {
      const { triggerCommand } = await import('./cli/trigger-command.ts');
      return triggerCommand({ config, words, signal, ...outputs });
    }
    case 'outbox': {
      const { outboxCommand } = await import('./cli/outbox-command.ts');
      return outboxCommand({ config, words, signal, ...outputs });
    }
  }
}

function makeLogger({ logFormat, logLevel }: Config): AdjustableLogger {
  return new AdjustableLogger(loggerOfAllLevels(logFormat), logLevel);
}

function loggerOfAllLevels(format: Config['logFormat']): Logger {
  const stream = process.stderr;
  const level = 'debug';
  if (format === 'json') return jsonLogger({ stream, level, clock: systemClock });
  const terminal = stream.isTTY;
  return textLogger({ stream, level, clock: systemClock, terminal, color: terminal && !process.env.NO_COLOR });
}

/** Aborts on the first SIGINT or SIGTERM; the second one ends the program at once. */
function stopOnSignals(logger: Logger): AbortController {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      if (stop.signal.aborted) process.exit(1);
      logger.info(`${name}: stopping; once more ends it at once`);
      stop.abort();
    });
  }
  return stop;
}

function onHangup(listener: () => void): void {
  process.on('SIGHUP', listener);
}

/** `procmond ps | head`: the reader has seen enough. */
function endQuietlyOnClosedPipe(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
}
