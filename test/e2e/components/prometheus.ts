import { findProgram } from './find-program.ts';
import { MissingComponentError } from './missing-component-error.ts';

/** Paths of Prometheus and of the tool that checks its configuration and the text that it scrapes. */
export interface Prometheus {
  readonly prometheus: string;
  readonly promtool: string;
}

/** @throws {MissingComponentError} where either of the two programs isn't on PATH */
export function prometheus(env: NodeJS.ProcessEnv): Prometheus {
  return { prometheus: onPath('prometheus', env), promtool: onPath('promtool', env) };
}

function onPath(name: string, env: NodeJS.ProcessEnv): string {
  const path = findProgram(name, env);
  if (path) return path;
  throw new MissingComponentError(
    name,
    'on Debian or Ubuntu "apt-get install prometheus" (then "systemctl disable --now prometheus": the service that comes with it is not needed); elsewhere https://prometheus.io/download/, unpacked into a folder of PATH',
  );
}
