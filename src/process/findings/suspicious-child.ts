import type { SuspiciousChildren } from '../../event/rule-settings.ts';
import type { Process } from '../enumerate/enumerator.ts';
import { baseName, matchesGlob } from './glob.ts';

const SHELLS = ['sh', 'bash', 'dash', 'ash', 'zsh', 'ksh*', 'mksh', 'fish', 'csh', 'tcsh', 'busybox'];
const RELAYS = ['nc', 'nc.*', 'ncat', 'netcat', 'socat', 'telnet'];

/** What serves requests from a network and has no use for a command line of its own. */
const WEB = [
  'nginx*',
  'apache2',
  'httpd',
  'lighttpd',
  'caddy',
  'php-fpm*',
  'php-cgi*',
  'uwsgi*',
  'gunicorn*',
  'tomcat*',
];
const DATABASES = [
  'postgres',
  'postmaster',
  'mysqld',
  'mariadbd',
  'mongod',
  'redis-server',
  'valkey-server',
  'memcached',
];

export const DEFAULT_SUSPICIOUS_CHILDREN: readonly SuspiciousChildren[] = [
  { parents: [...WEB, ...DATABASES], children: [...SHELLS, ...RELAYS] },
];

export function isSuspiciousPair(pairs: readonly SuspiciousChildren[], parent: Process, child: Process): boolean {
  const parentNames = namesOf(parent);
  const childNames = namesOf(child);
  return pairs.some(({ parents, children }) => anyMatches(parents, parentNames) && anyMatches(children, childNames));
}

/** Its name may be anyone's choice, its executable's hardly. */
function namesOf({ comm, details }: Process): readonly string[] {
  const path = details?.executablePath;
  return path === undefined ? [comm] : [comm, baseName(path)];
}

function anyMatches(patterns: readonly string[], names: readonly string[]): boolean {
  return patterns.some((pattern) => names.some((name) => matchesGlob(pattern, name)));
}
