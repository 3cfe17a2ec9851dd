/**
 * Programs whose secrets stand behind flags that do not tell, or behind none. The form of a value says which part is secret:
 * `secret` all of it, the others what follows the separator.
 */
export type ValueForm = 'secret' | 'user:password' | 'user%password' | 'user,password' | 'user/password' | 'reference';

export interface FlagSecret {
  readonly flags: readonly string[];
  /** where the value stands: in the next word, glued to the flag, or either */
  readonly value: 'next' | 'glued' | 'either';
  readonly form: ValueForm;
  /** the subcommand that must have come before */
  readonly subcommand: string | undefined;
}

export interface PositionalSecret {
  /** the word that the positions are counted from; undefined: the program */
  readonly after: RegExp | undefined;
  /** which words that are no flags are secret, the first one after `after` being 0 */
  readonly positions: readonly number[];
  readonly form: ValueForm;
}

export interface ProgramSecrets {
  readonly flags: FlagSecret[];
  readonly positions: PositionalSecret[];
}

const programs = new Map<string, ProgramSecrets>();

/** Rules of a program by its lower-case name; undefined where its secrets are told by names alone. */
export function programSecrets(program: string): ProgramSecrets | undefined {
  return programs.get(program);
}

const MYSQL =
  'mysql mysqldump mysqladmin mysqlimport mysqlshow mysqlcheck mysqlslap mysqlpump mysqlbinlog mysql_upgrade mariadb mariadb-dump ' +
  'mariadb-admin mariadb-import mariadb-show mariadb-check mariadb-backup xtrabackup innobackupex';
const MONGO = 'mongo mongosh mongodump mongorestore mongoexport mongoimport mongostat mongotop mongofiles';
const LDAP = 'ldapsearch ldapadd ldapmodify ldapdelete ldapwhoami ldappasswd ldapcompare ldapmodrdn ldapexop';
const SNMP =
  'snmpget snmpgetnext snmpwalk snmpset snmpbulkget snmpbulkwalk snmptrap snmpinform snmptable snmpstatus snmpdf snmpdelta snmptest';
const SMB = 'smbclient rpcclient net winexe smbget smbcacls smbtree smbcquotas wmic pth-winexe';
const CONTAINER = 'docker podman nerdctl buildah skopeo helm oras crane';

flag(MYSQL, '-p', 'glued');
flag('mycli mydumper myloader', '-p', 'either');
flag(MONGO, '-p', 'either');
flag('sshpass', '-p', 'either');
flag('redis-cli valkey-cli keydb-cli', '-a', 'either');
flag('sqlcmd bcp osql isql tsql fisql sqsh mssql-cli', '-P', 'either');
flag('cqlsh', '-p', 'either');
flag('influx', '-t', 'either');
flag(LDAP, '-w', 'either');
flag('ldappasswd', '-s -a', 'either');
flag('zip unzip zipcloak zipinfo', '-P', 'either');
flag('7z 7za 7zr 7zz rar unrar', '-p -hp', 'glued');
flag('openssl', '-k -K', 'next');
flag('ssh-keygen', '-N -P', 'either');
flag('rdesktop', '-p', 'either');
flag('xfreerdp xfreerdp3 wlfreerdp', '/p:', 'glued');
flag('signtool', '/p', 'next');
flag('mosquitto_pub mosquitto_sub mosquitto_rr', '-P', 'either');
flag(SNMP, '-c -A -X', 'either');
flag('ipmitool', '-P -k -y', 'either');
flag('useradd usermod', '-p', 'either');
flag('ncftp ncftpget ncftpput ncftpls', '-p', 'either');
flag('crackmapexec netexec nxc evil-winrm hydra medusa bloodhound-python', '-p', 'either');
flag('rabbitmqadmin', '-p', 'either');
flag('twine', '-p', 'either');
flag('az oc', '-p', 'either', 'secret', 'login');
flag(CONTAINER, '-p', 'either', 'secret', 'login');
flag('dotnet', '-k', 'next', 'secret', 'push');
flag('docker podman nerdctl buildah buildctl', '--secret', 'next', 'reference');
flag('consul', '-encrypt', 'either');
flag('openvpn', '--auth-user-pass', 'next', 'reference');
flag('curl', '-u -U --user --proxy-user -E --cert', 'either', 'user:password');
flag('http https xh xhs httpie', '-a --auth', 'either', 'user:password');
flag('etcdctl elasticsearch-users couchbase-cli svn', '-u --user', 'either', 'user:password');
flag('ab', '-A -P', 'either', 'user:password');
flag('hey', '-a', 'either', 'user:password');
flag(SMB, '-U --user', 'either', 'user%password');
flag('lftp', '-u --user', 'either', 'user,password');
flag('sqlldr expdp impdp exp imp', 'userid', 'either', 'user/password');

position('sqlplus sqlldr expdp impdp exp imp', undefined, [0], 'user/password');
position('rman', /^(?:target|catalog|auxiliary)$/i, [0], 'user/password');
position('htpasswd', /^-[A-Za-z]*b[A-Za-z]*$/, [2]);
position('htpasswd', /^-[A-Za-z]*(?:nb|bn)[A-Za-z]*$/, [1]);
position('wpa_passphrase radtest', undefined, [1]);
position('rabbitmqctl', /^(?:add_user|change_password|authenticate_user)$/, [1]);
position('vault', /^(?:login|unseal)$/, [0]);
position('ngrok', /^(?:authtoken|add-authtoken)$/, [0]);
position('cargo', /^login$/, [0]);
position('cloudflared', /^install$/, [0]);
position('mc', /^set$/, [2, 3]);
position('redis-cli valkey-cli keydb-cli', /^auth$/i, [0, 1]);
position('nmcli pppd', /^(?:password|[\w.-]+\.(?:psk|password|wep-key\d))$/, [0]);

/** Every text in which one of the programs is run with arguments matches this. */
export const RUNS_PROGRAM = new RegExp(
  `(?:^|[\\s"'\`({;|&/\\\\])(?:${[...programs.keys(), 'sudo', 'su', 'kinit', 'cryptsetup'].join('|')})(?:\\.exe)?(?!\\S)`,
  'i',
);

function flag(
  names: string,
  flags: string,
  value: FlagSecret['value'],
  form: ValueForm = 'secret',
  subcommand?: string,
): void {
  for (const name of names.split(' ')) rulesOf(name).flags.push({ flags: flags.split(' '), value, form, subcommand });
}

function position(
  names: string,
  after: RegExp | undefined,
  positions: readonly number[],
  form: ValueForm = 'secret',
): void {
  for (const name of names.split(' ')) rulesOf(name).positions.push({ after, positions, form });
}

function rulesOf(program: string): ProgramSecrets {
  const known = programs.get(program) ?? { flags: [], positions: [] };
  programs.set(program, known);
  return known;
}
