import { RuleBook } from './program-rule.ts';

const book = new RuleBook();

/** Programs whose secrets stand behind flags that do not tell, or behind none: what no name in the command line says. */
export const PROGRAM_RULES = book.programs;

// Databases
const MYSQL =
  'mysql mysqldump mysqladmin mysqlimport mysqlshow mysqlcheck mysqlslap mysqlpump mysqlbinlog mysql_upgrade mysqlsh mysqlbackup ' +
  'mariadb mariadb-dump mariadb-admin mariadb-import mariadb-show mariadb-check mariadb-backup mariadb-binlog mariadb-slap ' +
  'xtrabackup innobackupex mbstream';
const PERCONA_TOOLKIT =
  'pt-archiver pt-config-diff pt-deadlock-logger pt-duplicate-key-checker pt-find pt-fk-error-logger pt-heartbeat pt-index-usage pt-kill ' +
  'pt-online-schema-change pt-query-digest pt-replica-restart pt-show-grants pt-slave-delay pt-slave-restart pt-table-checksum ' +
  'pt-table-sync pt-table-usage pt-upgrade pt-variable-advisor';
const MONGO = 'mongo mongosh mongodump mongorestore mongoexport mongoimport mongostat mongotop mongofiles';
const REDIS = 'redis-cli valkey-cli keydb-cli';
const ORACLE = 'sqlldr expdp impdp exp imp';

book.flag(MYSQL, '-p', { value: 'glued' });
book.flag(`mycli mydumper myloader ${PERCONA_TOOLKIT}`, '-p');
book.names(PERCONA_TOOLKIT, 'p');
book.position('mysqladmin mariadb-admin', [0], { after: /^(?:old-)?password$/ });
book.flag(MONGO, '-p');
book.flag(REDIS, '-a');
book.flag(REDIS, '>', { value: 'glued', within: /^setuser$/i });
book.position(REDIS, [0, 1], { after: /^auth$/i });
book.position(REDIS, [0], { after: /^(?:requirepass|masterauth)$/i });
book.flag('sqlcmd bcp osql isql tsql fisql sqsh mssql-cli', '-P');
book.position('isql iusql', [2], { after: /^-v$/ });
book.position('sqlplus', [0], { form: 'user/password' });
book.position(ORACLE, [0], { form: 'user/password' });
book.flag(ORACLE, 'userid', { form: 'user/password' });
book.position('rman', [0], { after: /^(?:target|catalog|auxiliary)$/i, form: 'user/password' });
book.position('db2', [0], { after: /^(?:using|new|confirm)$/i });
book.flag('cqlsh dsbulk sstableloader beeline cypher-shell usql', '-p');
book.flag('sstableloader', '-pw');
book.position('neo4j-admin', [0], { after: /^set-(?:initial|default)-password$/ });
book.flag('influx', '-t', { value: 'next' });
book.flag('couchbase-cli cbbackupmgr cbbackup cbrestore cbimport cbexport cbq cbstats cbdocloader', '-p');
book.flag('elasticsearch-users opensearch-users', '-p');
book.flag('etcdctl elasticsearch-users couchbase-cli svn', '-u --user', { form: 'user:password' });
book.flag('pgloader vertica vsql admintools', '-w -p');
book.flag('nzsql nzload nzbackup', '-pw');
book.flag('hdbsql', '-p');
book.flag('bteq tdload', '-p');

// HTTP, FTP and media
book.flag('curl', '-u -U --user --proxy-user -E --cert', { form: 'user:password' });
book.flag('http https xh xhs httpie', '-a --auth', { form: 'user:password' });
book.flag('ab', '-A -P', { form: 'user:password' });
book.flag('hey oha', '-a', { form: 'user:password' });
book.flag('wscat', '--auth', { form: 'user:password' });
book.flag('nikto', '-id', { value: 'next', form: 'user:password' });
book.flag('lftp open', '-u --user', { form: 'user,password' });
book.flag('ncftp ncftpget ncftpput ncftpls ncftpbatch', '-p');
book.flag('yt-dlp youtube-dl gallery-dl you-get svtplay-dl streamlink', '-p');
book.flag('yt-dlp youtube-dl', '-2 --twofactor', { value: 'next' });
book.flag('caddy', '-p --plaintext', { within: /^hash-password$/ });
book.flag('ttyd gotty', '-c --credential', { form: 'user:password' });
book.flag('transmission-remote', '-n --auth', { form: 'user:password' });
book.flag('transmission-daemon', '-v --password', { value: 'next' });
book.position('steamcmd', [1], { after: /^\+login$/ });
book.position('filebrowser', [1], { after: /^add$/, within: /^users$/ });
book.flag('supervisorctl', '-p');
book.flag('mcrcon rcon', '-p');

// Clouds and secret stores
book.flag('aws', '--value', { within: /^put-parameter$/ });
book.flag('aws', '--client-token --client-request-token --starting-token --next-token', { form: 'reference' });
book.flag('az', '-p', { within: /^(?:login|server|user|flexible-server|mi)$/ });
book.flag('az', '--value', { within: /^secret$/ });
book.flag('gcloud gsutil kubectl', '--secret --set-secrets --update-secrets --remove-secrets', { form: 'reference' });
book.flag('kubectl oc', '--from-literal', { form: 'name=password', within: /^secret$/ });
book.flag('oc', '-p', { within: /^login$/ });
book.flag('swift', '-K', { value: 'next' });
book.flag('cf ibmcloud bx', '-p', { within: /^login$/ });
book.position('cf', [1], { after: /^(?:auth|create-user)$/ });
book.flag('doctl', '-t', { value: 'next' });
book.flag('vercel now', '-t', { value: 'next' });
book.position('maas', [2], { after: /^login$/ });
book.position('fly flyctl', [0, 1, 2, 3, 4, 5, 6, 7], { after: /^set$/, within: /^secrets$/, form: 'name=password' });
book.flag('pulumi', '--secret --plaintext', { form: 'switch' });
book.position('pulumi', [1], { after: /^--secret$/, within: /^set$/ });
book.position('vault bao', [0], { after: /^(?:login|unseal|unwrap)$/ });
book.position('vault bao', [0], { after: /^(?:lookup|revoke|renew)$/, within: /^token$/ });
book.flag('consul nomad', '-encrypt');
book.flag('conjur', '-p');
book.flag('knife', '-P');
book.flag('fab', '-p', { value: 'next' });

// Containers and registries
const CONTAINER =
  'docker podman nerdctl buildah skopeo helm oras crane regctl img apptainer singularity docker-compose finch';
book.flag(CONTAINER, '-p', { within: /^login$/ });
book.flag('docker podman nerdctl buildah buildctl docker-compose', '--secret', { form: 'reference' });
book.flag('ctr nerdctl', '-u --user', { form: 'user:password', within: /^(?:pull|push|images?|i)$/ });
book.flag('crictl', '--creds --auth', { form: 'user:password' });
book.flag('buildah skopeo podman', '--creds --src-creds --dest-creds', { form: 'user:password' });
book.position('dotnet', [1], { after: /^set$/, within: /^user-secrets$/ });

// Forges, packages, builds
book.flag('gh', '-b --body', { within: /^secret$/ });
book.flag('glab', '-v --value', { within: /^(?:variable|secret)$/ });
book.flag('fly', '-p', { within: /^login$/ });
book.flag('p4', '-P', { value: 'next' });
book.flag('twine flit', '-p');
book.flag('poetry pdm', '-p -P', { within: /^publish$/ });
book.flag('uv hatch maturin', '-p -t -a --auth', { within: /^(?:publish|upload)$/ });
book.position('poetry', [1], { after: /^http-basic\./ });
book.position('poetry', [0], { after: /^pypi-token\./ });
book.position('composer', [1], { after: /^http-basic\./ });
book.position('composer', [0], { after: /^(?:[\w-]*oauth|[\w-]*token|bearer)\./ });
book.position('bundle bundler', [1], { after: /^(?:config|set|--global|--local)$/, form: 'user:password' });
book.position('cargo', [0], { after: /^login$/ });
book.position('nuget', [0], { after: /^setapikey$/i });
book.position('nuget', [1], { after: /^push$/i, form: 'random' });
book.flag('dotnet', '-k', { value: 'next', within: /^push$/ });
book.flag('dotnet nuget', '-p', { value: 'next', within: /^(?:source|sources)$/ });
book.flag('choco', '-k', { value: 'next' });
book.flag('conan', '-p', { value: 'next', within: /^(?:login|user|remote)$/ });
book.position('snyk', [0], { after: /^auth$/ });
book.position('conda anaconda mamba', [0], { after: /^set$/, within: /^token$/ });
book.flag('vsce ovsx', '-p', { value: 'next' });
book.flag('codecov drone', '-t', { value: 'next' });
book.position('wandb', [0], { after: /^login$/ });
book.flag('openai', '-k', { value: 'next' });
book.flag('jenkins-cli', '-auth', { value: 'next', form: 'user:password' });
book.flag('expo', '-p', { within: /^login$/ });

// Other hosts and desktops
const SMB = 'smbclient rpcclient net winexe smbget smbcacls smbtree smbcquotas wmic pth-winexe smbspool';
book.flag('sshpass', '-p');
book.flag('ssh-keygen', '-N -P');
book.flag('rdesktop', '-p');
book.flag('xfreerdp xfreerdp3 wlfreerdp wlfreerdp3 sdl-freerdp', '/p: /gp:', { value: 'glued' });
book.flag('vncviewer xtightvncviewer xvncviewer', '-passwd -PasswordFile', { form: 'reference' });
book.position('teamviewer', [0], { after: /^passwd$/ });
book.flag(SMB, '-U --user', { form: 'user%password' });
book.flag('wbinfo', '-a -K --authenticate --krb5auth --set-auth-user', { form: 'user%password' });
book.flag('smbget smbmap', '-p');
book.position('net', [1], { after: /^use$/i, ignores: /^\/|^[A-Za-z]:$|^\*$/ });
book.position('net', [1], { after: /^user$/i, ignores: /^\// });
book.flag('psexec psexec64 paexec winrs', '-p');
book.flag('winrs', '-p: /p: -password:', { value: 'glued' });
book.flag('schtasks', '/rp /p', { value: 'next' });
book.flag('signtool', '/p', { value: 'next' });
book.position('bitsadmin', [4], { after: /^\/setcredentials$/i });
book.flag('crackmapexec netexec nxc evil-winrm hydra medusa bloodhound-python ldapdomaindump smbmap kerbrute', '-p');
book.flag('hydra ncrack medusa wpscan', '-P --passwords', { value: 'next', form: 'reference' });
book.flag('evil-winrm crackmapexec netexec nxc', '-H', { value: 'next' });
book.flag('gobuster feroxbuster', '-P', { value: 'next' });
book.flag('airdecap-ng', '-p -w');

// Ciphers, archives, certificates, password stores, accounts
book.flag('openssl', '-k -K -hmac', { value: 'next' });
book.flag('openssl', '-macopt', { value: 'next', form: 'user:password' });
book.position('openssl', [0], {
  after: /^-(?:[156]|apr1|aixmd5|crypt)$/,
  within: /^passwd$/,
  valueFlags: /^-(?:salt|in)$/,
});
book.flag('zip unzip zipcloak zipinfo zipnote', '-P');
book.flag('7z 7za 7zr 7zz rar unrar', '-p -hp', { value: 'glued' });
book.position('qpdf', [0, 1], { after: /^--encrypt$/ });
book.position('pdftk', [0], { after: /^(?:input|owner|user)_pw$/ });
book.flag('certutil', '-p', { value: 'next' });
book.flag('pk12util', '-W -K', { value: 'next' });
book.flag('osslsigncode', '-pass', { value: 'next' });
book.flag('security', '-p -P -w', { value: 'next' });
book.flag('security', '-k', { value: 'next', within: /^set-key-partition-list$/ });
book.flag('steghide', '-p');
book.flag('veracrypt truecrypt', '-p');
book.flag('fvdemount fvdeinfo bdemount bdeinfo luksdemount luksdeinfo', '-p -r', { value: 'next' });
book.flag('dislocker dislocker-fuse dislocker-file', '-u -p', { value: 'glued' });
book.flag('ccrypt ccencrypt ccdecrypt ccat aescrypt mcrypt mdecrypt', '-K -k -p', { value: 'next' });
book.flag('hpenc nftlb', '-k', { value: 'next' });
book.flag('ext4-crypt e4crypt', '-w', { value: 'next' });
book.flag('stegsnow outguess stegdetect', '-p -k');
book.flag('croc', '--code');
book.flag('ykman yubico-piv-tool', '-m -k -P --management-key', { value: 'next' });
book.position('bw', [0], { after: /^unlock$/ });
book.position('bw', [1], { after: /^login$/ });
book.flag('bw', '--session');
book.flag('op', '--session');
book.flag('lpass bw pass gopass', '--password', { form: 'switch' });
book.position('mkpasswd', [0], { valueFlags: /^(?:-[mSRP]|--(?:method|salt|rounds|password-fd))$/ });
book.position('htpasswd htdbm', [2], { after: /^-[A-Za-z]*b[A-Za-z]*$/ });
book.position('htpasswd htdbm', [1], { after: /^-[A-Za-z]*(?:nb|bn)[A-Za-z]*$/ });
book.position('mosquitto_passwd', [2], { after: /^-[A-Za-z]*b[A-Za-z]*$/ });
book.flag('useradd usermod groupadd groupmod', '-p');
book.position('dscl', [1, 2], { after: /^-passwd$/ });
book.flag('slappasswd', '-s');

// Brokers, mail
book.position('rabbitmqctl', [1], { after: /^(?:add_user|change_password|authenticate_user)$/ });
book.flag('rabbitmqadmin', '-p');
book.flag('mosquitto_pub mosquitto_sub mosquitto_rr mosquitto_ctrl', '-P');
book.position('mosquitto_ctrl', [1], { after: /^setClientPassword$/i });
book.position('zkcli', [0], { after: /^(?:digest|addauth)$/, form: 'user:password' });
book.flag('swaks', '-ap', { value: 'next' });
book.flag('sendemail', '-xp', { value: 'next' });
book.flag('blat', '-pw');
book.flag('cyradm imtest pop3test smtptest lmtptest sivtest nntptest', '-w');
book.flag('irssi', '-w', { value: 'next' });
book.position('prosodyctl ejabberdctl', [2], { after: /^(?:register|change_password)$/ });
book.position('doveadm', [1], { after: /^test$/, within: /^auth$/ });
book.flag('doveadm', '-p', { within: /^pw$/ });

// Directories, network devices, management
const LDAP =
  'ldapsearch ldapadd ldapmodify ldapdelete ldapwhoami ldappasswd ldapcompare ldapmodrdn ldapexop ldapvi ldapurl dsconf dsidm dsctl';
const SNMP =
  'snmpget snmpgetnext snmpwalk snmpset snmpbulkget snmpbulkwalk snmptrap snmpinform snmptable snmpstatus snmpdf snmpdelta snmptest ' +
  'snmpnetstat snmpps snmpusm snmpvacm snmp-check';
const FREEIPMI =
  'ipmi-sensors ipmi-sel ipmi-fru ipmi-chassis ipmi-config ipmi-dcmi ipmi-raw ipmi-oem ipmi-pet ipmi-console ipmiconsole ipmipower ' +
  'bmc-info bmc-device bmc-watchdog ipmi-pef-config ipmi-locate';
book.flag(LDAP, '-w');
book.flag('ldappasswd', '-s -a');
book.flag('kadmin', '-w -pw', { value: 'next' });
book.flag('kadmin.local addprinc ank add_principal cpw change_password', '-pw', { value: 'next' });
book.position('samba-tool', [1], { after: /^(?:create|add)$/, within: /^user$/ });
book.position('radtest', [1, 4]);
book.position('radclient', [2], { valueFlags: /^-[cdDfiPprSt]$/ });
book.flag('eapol_test', '-s', { value: 'next' });
book.flag(SNMP, '-c -A -X');
book.flag('ipmitool', '-P -k -y');
book.flag(FREEIPMI, '-p -k');
book.flag('racadm redfishtool ilorest hponcfg amttool wsman esxcli vim-cmd vicfg-hostops vmware-cmd resxtop', '-p', {
  value: 'next',
});
book.flag('iscsiadm', '-v --value', { value: 'next', within: /\.password(?:_in)?$/ });
book.flag('sipp', '-ap', { value: 'next' });
book.flag('sipsak', '-a', { value: 'next' });
book.flag('spicy', '-w', { value: 'next' });
book.flag('vncdo vncdotool', '-p', { value: 'next' });
book.flag('vmrun', '-p -gp -vp', { value: 'next' });
book.flag('xe', '-pw', { value: 'next' });
book.flag('virsh', '--secret', { form: 'reference' });
book.flag('virsh', '--base64', { within: /^secret-set-value$/ });
book.flag('virt-customize virt-builder virt-sysprep', '--root-password', { form: 'user:password' });
book.flag('virt-customize virt-builder virt-sysprep', '--password', { form: 'last:password' });
book.names('qemu-system-x86_64 qemu-system-aarch64 qemu-kvm kvm qemu-img qemu-nbd qemu-io', 'data');
book.flag(
  'check_mysql check_mysql_query check_pgsql check_disk_smb check_radius check_dbi check_oracle check_mssql',
  '-p',
);
book.flag('check_ldap check_ldaps check_imap check_pop check_smtp check_mssql_health', '-P');
book.flag('check_http check_curl', '-a -b', { form: 'user:password' });
book.flag('check_snmp', '-C -A -X');
book.flag('check_nt', '-s');
book.flag('airflow superset', '-p', { within: /^(?:users|fab|create|create_user|create-admin)$/ });
book.flag('agent-auth wazuh-authd', '-P', { value: 'next' });

// Tunnels, wireless, copies
book.flag('openvpn', '--auth-user-pass', { value: 'next', form: 'reference' });
book.flag('openvpn', '--tls-auth --tls-crypt --secret --askpass', { value: 'next', form: 'reference' });
book.flag('openfortivpn', '-p --otp -o');
book.flag('openconnect', '-C');
book.flag('ss-server ss-local ss-redir ss-tunnel ss-manager ssserver sslocal ssserver-rust', '-k');
book.flag('edge n2n', '-k');
book.flag('microsocks', '-P');
book.flag('chisel', '--auth', { form: 'user:password' });
book.position('wpa_passphrase', [1]);
book.position('wpa_cli', [0], { after: /^(?:psk|password|sae_password|wep_key\d|private_key_passwd)$/ });
book.position('nmcli pppd', [0], { after: /^(?:password|[\w.-]+\.(?:psk|password|wep-key\d))$/ });
book.position('iwconfig', [0], { after: /^(?:key|enc)$/, ignores: /^(?:o[nf]+|open|restricted|\[\d\])$/ });
book.position('create_ap', [3], { valueFlags: /^(?:-[cwgd]|--(?:country|freq_band|driver|mac|hostapd-debug))$/ });
book.position('ip', [1], { after: /^(?:enc|auth|auth-trunc|aead)$/, within: /^xfrm$/ });
book.flag('nsupdate dig delv kdig knsupdate', '-y', { form: 'last:password' });
book.position('ngrok', [0], { after: /^(?:authtoken|add-authtoken|add-api-key)$/ });
book.position('cloudflared', [0], { after: /^install$/ });
book.position('mc mcli', [2, 3], { after: /^set$/, within: /^(?:alias|host)$/ });
book.position('mc mcli', [2], { after: /^add$/, within: /^user$/ });
book.position('rclone', [0], { after: /^(?:obscure|reveal)$/ });
book.names('rclone', 'pass');
book.names('curlftpfs', 'user');
book.flag('duplicity', '--encrypt-key --sign-key --encrypt-sign-key --hidden-encrypt-key', { form: 'reference' });
book.flag('megacmd-server mega-login megals megaget megaput megadl megacopy', '-p');
book.position('mega-login', [1]);
book.flag('nextcloudcmd owncloudcmd', '-p', { value: 'next' });
