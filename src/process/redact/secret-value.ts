import { schemeLength } from './authorization-scheme.ts';
import { isMark, mayHoldMarks } from './mark.ts';
import type { SecretKind } from './secret-name.ts';
import type { Span } from './span.ts';

/**
 * The part of `value` that is the secret, by the kind of its name; undefined where there is none: nothing, a switch, a mask, a
 * reference to a variable or file, something the kind excludes. `expands` says that a shell will replace `$NAME`.
 */
export function secretPart(kind: SecretKind, value: string, expands: boolean): Span | undefined {
  if (value === '' || isMark(value) || NO_SECRET.test(value) || isReference(value, expands)) return undefined;
  if (kind === 'auth' || kind === 'token') {
    const scheme = schemeLength(value, kind);
    if (scheme > 0) return partFrom(value, scheme);
  }
  if (kind === 'auth') return authPart(value);
  return isSecret(kind, value) ? { start: 0, end: value.length } : undefined;
}

/** Of `user:password` the password; of `token:` the token, where it looks like one. */
export function passwordAfter(separator: string, value: string): Span | undefined {
  const at = value.indexOf(separator);
  if (at < 0) return undefined;
  const hasPassword = at + separator.length < value.length;
  if (hasPassword) return partFrom(value, at + separator.length);
  return looksRandom(value.slice(0, at)) ? { start: 0, end: at } : undefined;
}

/** Tells a drawn value from a name: sixteen characters or more, letters and digits mixed as people do not mix them. */
export function looksRandom(value: string): boolean {
  if (value.length < 16 || !DRAWN.test(value) || mayHoldMarks(value) || value.includes('://')) return false;
  if (!/\d/.test(value) || !/[A-Za-z]/.test(value) || PATH.test(value) || /\.[A-Za-z]\w{1,3}$/.test(value))
    return false;
  if (/[a-z]/.test(value) && /[A-Z]/.test(value)) return true;
  return /^[\da-fA-F-]{16,}$/.test(value) || /[A-Za-z\d+/=]{20}/.test(value);
}

/** Tells whether a value behind a `-p` is something else that such flags take: a port, a mapping, a protocol, a priority. */
export function isNoPassword(value: string): boolean {
  return NO_PASSWORD.test(value);
}

const NO_PASSWORD =
  /^(?:[\d.:,/-]+(?:\/(?:tcp|udp))?|tcp|udp|icmp|emerg|alert|crit|err|error|warning|notice|info|debug|[\w.-]+\.pid)$/i;

/** What generators draw from: Base64, hex, and what else passes through a URL. */
const DRAWN = /^[\w+/=.~%:-]+$/;

/** Nothing, a switch, a mask, a place holder, a regular expression. */
const NO_SECRET =
  /^(?:true|false|yes|no|on|off|[01]|null|nil|none|undefined|-|""|''|\*+|x+|<[^<>]{1,64}>|\[[A-Z_]+\]|(?:redacted|masked|hidden)\W*|(?:\.|\\[sSwWdD]|\[\^?[^\]]{1,64}\])[*+].*)$/is;

/** Below these folders nobody's password lies; `@` and `file://` are how programs are told to read a file. */
const PATH =
  /^@?(?:fileb?:\/\/)?(?:~\/|\.{1,2}\/|\/(?:etc|run|var|home|usr|opt|root|tmp|mnt|srv|dev|proc|sys|data|app|secrets?|vault|tls|certs?|config|keys?|workspace|Users|Library|nix|snap|boot|media|lib)\/)[\w.\-/@+~:%,=]*$/;
const FILE_NAME =
  /^(?:[\w.\-/\\:~@+ ]*\.(?:pem|key|crt|cer|p12|pfx|jks|json|ya?ml|txt|env|conf|cfg|ini|pub|ppk|asc|gpg|der|toml|xml|properties|db|sqlite|dat|jar)|id_(?:rsa|dsa|ecdsa|ed25519)|[A-Za-z]:\\.*|\/[\w.\-/]*)$/i;
const PLACE_OF_PASSWORD = /^(?:stdin|(?:env|file|fd):.*|\d)$/;
const AUTH_METHOD =
  /^(?:any|anonymous|basic|bearer|cert|certificate|cram-md5|digest|enabled|disabled|gssapi|guess|hmac|iam|ident|interactive|jwt|kerberos|krb5|ldap|local|login|md5|mtls|negotiate|ntlm|oauth|oauth2|oidc|openid|pam|passwd|password|peer|pki|plain|public|saml|scram(?:-sha-\d+)?|sha-?\d+|shadow|spnego|sspi|tls|token|trust|unix|web|x509)$/i;
/** `${NAME}`, `$(NAME)`, `{{ .Values.name }}` */
const PLACE_HOLDER = /^\$(?:\{[^}\s]*\}|\([\w.-]+\))$|^\{\{[^{}]*\}\}$/;
const SHELL_EXPANSION = /^\$(?:[A-Za-z_]\w*$|\d$|@$|\*$|\()/;

/** How programs are told to look a secret up: in their environment, in a store of secrets, by a program of its own. */
const LOOKED_UP =
  /^(?:(?:str|get)?env\(|(?:os\.)?environ\b|process\.env\b|System\.getenv|ENV\[|\$env:|@?(?:env|keychain|file|fd|vault|op|ref\+\w+|awssm|gcpsm|azkv|keyring|k8s|awskms|gcpkms|azurekms|hashivault):|arn:aws[\w-]*:|projects\/[^/]+\/secrets\/|@Microsoft\.KeyVault\()/;

const REFERENCE = new RegExp([PLACE_HOLDER, PATH, LOOKED_UP].map(({ source }) => source).join('|'));

function isReference(value: string, expands: boolean): boolean {
  return REFERENCE.test(value) || (expands && SHELL_EXPANSION.test(value));
}

function isSecret(kind: Exclude<SecretKind, 'auth'>, value: string): boolean {
  switch (kind) {
    case 'password':
      return true;
    case 'token':
      return !/^(?:(?:id|source|src|type|target)=|simple$|jwt,)/.test(value);
    case 'tokens':
      return !/^[\d.,kKmM]+$/.test(value);
    case 'pass':
      return !PLACE_OF_PASSWORD.test(value);
    case 'file':
    case 'cookie':
      return !FILE_NAME.test(value);
    case 'random':
      return looksRandom(value);
    case 'code':
      return /^\d{4,12}$/.test(value);
    case 'address':
      return value.includes('/');
    case 'directory':
      return !/^[/.~]/.test(value);
  }
}

function authPart(value: string): Span | undefined {
  if (AUTH_METHOD.test(value.trim()) || FILE_NAME.test(value)) return undefined;
  return value.includes(':') && !/\s/.test(value) ? passwordAfter(':', value) : { start: 0, end: value.length };
}

function partFrom(value: string, start: number): Span | undefined {
  const rest = value.slice(start);
  return rest === '' || isMark(rest) ? undefined : { start, end: value.length };
}
