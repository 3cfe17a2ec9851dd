import { findProgram } from './find-program.ts';
import { MissingComponentError } from './missing-component-error.ts';

/**
 * Path of docker-compose, which the tests only ask to check docker-compose.yml: no Docker daemon is needed.
 * @throws {MissingComponentError} where it isn't on PATH
 */
export function dockerCompose(env: NodeJS.ProcessEnv): string {
  const path = findProgram('docker-compose', env);
  if (path) return path;
  throw new MissingComponentError(
    'docker-compose',
    'on Debian or Ubuntu "apt-get install docker-compose"; elsewhere https://docs.docker.com/compose/install/standalone/',
  );
}
