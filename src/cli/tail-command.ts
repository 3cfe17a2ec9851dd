import type { Clock } from '../base/clock.ts';
import { escapeJsonForDisplay } from '../base/escape-for-display.ts';
import type { LoadedConfig } from '../config/load-config.ts';
import { ControlClient } from '../control/client.ts';
import { ALL_TOPICS, type EventLine } from '../control/protocol.ts';
import { tellNoAnswer } from './ask-daemon.ts';
import type { Display } from './display.ts';
import { eventText } from './event-text.ts';
import type { Output } from './output.ts';

export interface TailCommandInput {
  readonly loaded: Pick<LoadedConfig, 'config' | 'words' | 'settings'>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly display: Display;
  /** Whether a person reads along. */
  readonly terminal: boolean;
}

/** How often it is looked whether a procmond that went away is there again. */
const LOOK_AGAIN_MILLIS = 500;

/**
 * `procmond tail`: events as they are committed, until it is interrupted. When procmond stops it says so and waits for the
 * next one: an upgrade is what one wants to see. Returns the exit code: 1 when there was none to begin with.
 */
export async function tailCommand(input: TailCommandInput): Promise<0 | 1 | 2> {
  const { loaded, clock, signal, stdout, stderr } = input;
  const path = `/v1/events?topic=${encodeURIComponent(loaded.words[0] ?? ALL_TOPICS)}`;
  const client = new ControlClient(loaded.config.controlSocket);
  const print = linePrinter(input);
  let sessions = 0;
  for (;;) {
    const session = await client.stream(path, {
      signal,
      opened: () => {
        sessions += 1;
        if (sessions > 1) stderr.write('procmond is there again; what was committed before this line is not shown\n');
      },
      each: (line) => stdout.write(`${print(line)}\n`),
    });
    if (signal.aborted) return 0;
    if (session.kind === 'ended') {
      const what = session.end === 'stopped' ? 'procmond has stopped' : 'the connection to procmond was lost';
      stderr.write(`${what}; waiting for it to come back\n`);
    } else if (sessions === 0 || (session.kind === 'refused' && session.status !== STOPPING)) {
      return tellNoAnswer(session, stderr);
    }
    await clock.delay(LOOK_AGAIN_MILLIS, signal);
    if (signal.aborted) return 0;
  }
}

/** What a procmond answers that is about to end, or has more readers than it takes. */
const STOPPING = 503;

/** Lines for people on a terminal, JSON elsewhere; what was asked for anywhere. */
function linePrinter({ loaded, terminal, display }: TailCommandInput): (line: EventLine) => string {
  const { config, settings } = loaded;
  const asked = settings.find(({ option }) => option.name === 'format')?.origin !== 'default';
  const forPeople = asked ? config.format === 'table' : terminal;
  return forPeople ? (line) => eventText(line, display) : (line) => escapeJsonForDisplay(JSON.stringify(line));
}
