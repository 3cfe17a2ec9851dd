// Makes `npm start` and `npm test` work as the first command on a fresh clone: installs what the lock file says when it is
// not there. Plain JavaScript for any Node.js, since the one the project runs on is among what is installed.
import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';

const lock = new URL('../package-lock.json', import.meta.url);
const installed = new URL('../node_modules/.package-lock.json', import.meta.url);

if (modifiedMillis(installed) < modifiedMillis(lock)) {
  console.error('installing what package-lock.json names (npm ci) ...');
  const { status, error } = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    stdio: ['ignore', 'inherit', 'inherit'],
    cwd: new URL('..', import.meta.url),
    shell: process.platform === 'win32',
  });
  if (error) console.error(`could not run npm ci: ${error.message}; is npm on the PATH?`);
  if (status !== 0) process.exit(status ?? 1);
}

/** @param {URL} file */
function modifiedMillis(file) {
  try {
    return statSync(file).mtimeMs;
  } catch {
    return 0;
  }
}
