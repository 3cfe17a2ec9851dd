/** The words that names of secrets are made of, and those that make a name one of something else. All lower-case. */

/** Every name of a secret holds one of these; most names hold none and need no closer look. */
export const TELLING =
  /pass|pwd|pw(?![a-z])|pswd|secret|token|key|auth|cred|cookie|bearer|jwt|psk|mnemonic|phrase|sess|sid|sig|sas|login|webhook|conn(?:ection)?.?str|pin|otp/i;

/** Endings: `pgpassword`, `dbpasswd` and the like are one word to their programs. */
export const PASSWORD_WORD =
  /(?:password|passwords|passwd|passphrase|passcode|passwort|pswd|pwd|pw|requirepass|mnemonic|psk)$/;
export const TOKEN_WORD =
  /(?:token|secret|secrets|bearer|apikey|accesskey|secretkey|authkey|accountkey|signingkey|encryptionkey|masterkey|sharedkey|licensekey|writekey|ingestkey)$/;
/** Nothing but what looks drawn: there are hot keys, and monkeys. */
export const KEY_WORD = /key$/;
/** Keys that everybody may know. */
export const OPEN_KEY_WORD = /(?:pub|public|host|recv|sort|hot|partition|primary)key$/;
export const PASS_WORD = /pass$/;
export const JWT_WORD = /jwt$/;
export const AUTHORIZATION_WORD = /authori[sz]ation$/;
export const COOKIE_WORD = /cookies?$/;
export const SESSION_ID_WORD = /(?:sessionid|sessid|sessionkey)$/;

export const AUTH_WORDS: ReadonlySet<string> = set('auth authorization proxyauth basicauth httpauth masterauth oauth');
export const CONNECTION_STRING_WORDS: ReadonlySet<string> = set('connectionstring connstring connstr');
export const CREDENTIAL_WORDS: ReadonlySet<string> = set('cred creds credential credentials privatekey');
export const RANDOM_WORDS: ReadonlySet<string> = set('signature sig sas sid login');
export const CODE_WORDS: ReadonlySet<string> = set('pin otp totp');

/** Second words of the names of two words that are told by both. */
export const LAST_OF_TWO: ReadonlySet<string> = set('id phrase string str');

/** Before `key`: the key itself is what stands on a command line. */
export const SECRET_KEY_WORDS: ReadonlySet<string> = set(
  'api access secret encryption encrypt decryption decrypt crypt signing master account storage shared sharedaccess auth ' +
    'license licence session app application subscription function functions hmac jwt unseal recovery preshared wpa wep setup enroll enrollment registration activation product join provisioning ' +
    'wireguard cipher cookie webhook ingest ingestion instrumentation integration write admin user stripe ' +
    'openai anthropic gemini aws azure google datadog sendgrid mailgun twilio newrelic',
);
/** Before `key` or `keys`: known to everybody, or no key of a lock at all. */
export const OPEN_KEY_WORDS: ReadonlySet<string> = set(
  'public pub recv receive known host authorized recipient peer partition sort primary foreign unique cache object row range index ' +
    'shard group hot routing map lookup arrow candidate composite surrogate natural',
);
/** Before `token` or `tokens`: a piece of a text, or the place in a list where the next page begins. */
export const OPEN_TOKEN_WORDS: ReadonlySet<string> = set(
  'eos bos pad unk mask sep cls special stop start begin end image newline think starting next page paging pagination ' +
    'continuation continue cursor sync resume',
);
/** Before `secret` or `secrets`: the name of one. */
export const NAMED_SECRET_WORDS: ReadonlySet<string> = set('existing pull');

/** Before `key`: a file that holds the key is as likely. */
export const FILE_KEY_WORDS: ReadonlySet<string> = set('private');

/** Words that end in a telling one and mean something else. */
export const LOOKS_LIKE_PASSWORD_BUT_IS_NOT: ReadonlySet<string> = set(
  'nopassword nopasswd nopass nopw nosecret notoken noauth askpass askpassword extpass getpass bypass compass encompass trespass overpass ' +
    'underpass surpass lowpass highpass bandpass allpass onepass twopass multipass singlepass firstpass secondpass renderpass ' +
    'subpass prepass minipass detoken monkey donkey turkey hockey jockey whiskey hotkey',
);

/** After the name of a secret: the value says something about it and is not it. */
export const NOT_ABOUT_THE_SECRET_ITSELF: ReadonlySet<string> = set(
  'file files filename path paths dir directory folder name names namespace count counts counter size sizes length len min max ' +
    'minimum maximum limit limits ttl timeout expiry expire expires expired expiration age duration lifetime validity type types ' +
    'kind format mode policy policies strength prompt field fields header headers param parameter env environ variable id ids ' +
    'url urls uri uris endpoint endpoints host hostname port server service provider providers manager method methods scheme ' +
    'algorithm alg algo algorithms encoding encryption hashing store storage backend enabled enable disabled disable required ' +
    'optional supported allowed validation validator validate check checker checks rules reset reuse rotation interval version ' +
    'prefix suffix index usage arn ref refs reference references hint label labels command cmd program process helper script ' +
    'plugin class source issuer scopes scope audience role roles jar domain samesite secure httponly fd stdin from username ' +
    'keyring agent sock socket pid lookup tools bucket renew renewal refresher level threshold window rate quota auth ' +
    'authentication parser budget embedding embeddings alias aliases identity identities fingerprint thumbprint dict delimiter separator pattern regex filter iterations rounds cost ' +
    'history attempts retries complexity chars characters charset map list metadata cache review request requests mount engine ' +
    'generator generation protected protection ring tree per only use usages exists created changed status state info event ' +
    'events log logging search ca cert certs certificate',
);

/** Before the name of a secret: a switch or a count, whose next argument is not the secret. */
export const NOT_A_VALUE_BEFORE: ReadonlySet<string> = set(
  'no without skip ask prompt disable enable require requires allow show hide print validate check generate max min num number ' +
    'total count list delete revoke rotate is has use with need needs',
);

/** After a word that tells only at the end of a name (`db_pass_1`, `auth_value`). */
export const NEUTRAL_AFTER =
  /^(?:\d+|v\d+|value|string|text|plain|raw|base64|b64|old|new|main|default|prod|dev|staging|test)$/;

/** After `webhook`: the address itself, which is as good as a password. */
export const WEBHOOK_AFTER: ReadonlySet<string> = set('url urls uri uris endpoint address link');

function set(words: string): ReadonlySet<string> {
  return new Set(words.split(' '));
}
