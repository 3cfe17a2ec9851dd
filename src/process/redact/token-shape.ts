import { firstMatch } from './first-match.ts';
import type { Span } from './span.ts';

/**
 * Secrets that are known by their shape alone, wherever they stand. Each begins with a fixed prefix, whose first two
 * characters are told apart, and takes all the characters it may hold: nothing long has to be given back, so a text is
 * read once.
 */
const SHAPES: readonly (readonly [starts: string, prefix: string, rest: string])[] = [
  ['gh', 'gh[pousr]_', '[A-Za-z0-9]{16,}'], // GitHub
  ['gi', 'github_pat_', '\\w{16,}'],
  ['gl', 'gl(?:pat|ptt|dt|rt|cbt|soat|ft|imt|agent|oas)-', '[\\w-]{16,}'], // GitLab
  ['GR', 'GR1348941', '[\\w-]{16,}'],
  ['xo', 'xox[abeoprs]-', '[\\w-]{8,}'], // Slack
  ['xa', 'xapp-', '\\d-[\\w-]{8,}'],
  ['sk', 'sk-', '(?=[A-Za-z_-]{0,64}\\d)[\\w-]{16,}'], // OpenAI, Anthropic
  ['sk rk pk', '[srp]k_(?:live|test)_', '\\w{8,}'], // Stripe
  ['wh', 'whsec_', '[\\w+/=]{16,}'],
  ['AI', 'AIza', '[\\w-]{30,}'], // Google
  ['ya', 'ya29\\.', '[\\w-]{16,}'],
  ['1/', '1//0', '[\\w-]{30,}'],
  ['GO', 'GOCSPX-', '[\\w-]{16,}'],
  ['np', 'npm_', '[A-Za-z0-9]{20,}'],
  ['py', 'pypi-', '[\\w-]{30,}'],
  ['ru', 'rubygems_', '[a-f0-9]{32,}'],
  ['ci', 'cio', '[A-Za-z0-9]{32}(?![A-Za-z0-9])'], // crates.io
  ['oy', 'oy2', '[a-z0-9]{43}(?![A-Za-z0-9])'], // NuGet
  ['dc', 'dckr_[op]at_', '[\\w-]{16,}'], // Docker Hub
  ['SW', 'SWMTKN-1-', '[a-z0-9-]{40,}'], // Docker Swarm
  ['hv', 'hv[sbr]\\.', '[\\w-]{16,}'], // Vault
  ['SG', 'SG\\.', '[\\w-]{16,}(?:\\.[\\w-]{0,64})?'], // SendGrid
  ['xk', 'xkeysib-', '[a-f0-9]{32,}[\\w-]*'], // Brevo
  ['do', 'do[opr]_v1_', '[a-f0-9]{32,}'], // DigitalOcean
  ['sh', 'shp(?:at|ss|ca|pa)_', '[a-fA-F0-9]{32,}'], // Shopify
  ['hf', 'hf_', '[A-Za-z0-9]{20,}'], // Hugging Face
  ['gl', 'gl(?:sa|c)_', '[\\w=+/]{20,}'], // Grafana
  ['da', 'dapi', '[a-f0-9]{32,}'], // Databricks
  ['PM', 'PMAK-', '[\\w-]{24,}'], // Postman
  ['NR', 'NRAK-', '[A-Z0-9]{20,}'], // New Relic
  ['sn', 'sntry[su]_', '[\\w+/=.-]{20,}'], // Sentry
  ['sq', 'sq[uap]_', '[a-f0-9]{40}(?![a-f0-9])'], // SonarQube
  ['sq', 'sq0(?:atp|csp)-', '[\\w-]{16,}'], // Square
  ['AK', 'AKC[a-z]', '[A-Za-z0-9]{20,}'], // Artifactory
  ['li', 'lin_api_', '[A-Za-z0-9]{20,}'], // Linear
  ['nt', 'ntn_', '[A-Za-z0-9]{20,}'], // Notion
  ['pu', 'pul-', '[a-f0-9]{40}(?![a-f0-9])'], // Pulumi
  ['pn', 'pnu_', '[A-Za-z0-9]{32,}'], // Prefect
  ['fi', 'figd_', '[\\w-]{20,}'], // Figma
  ['ai', 'aio_', '[A-Za-z0-9]{24,}'], // Adafruit IO
  ['r8', 'r8_', '[A-Za-z0-9]{30,}'], // Replicate
  ['gs', 'gsk_', '[A-Za-z0-9]{40,}'], // Groq
  ['xa', 'xai-', '[A-Za-z0-9]{40,}'],
  ['op', 'ops_eyJ', '[\\w-]{20,}'], // 1Password
  ['AT', 'ATATT3x', '[\\w=-]{16,}'], // Atlassian
  ['AT', 'ATBB', '[A-Za-z0-9]{24,}'], // Bitbucket
  ['ts', 'tskey-', '[a-z]{1,16}-[\\w-]{8,}'], // Tailscale
  ['AG', 'AGE-SECRET-KEY-1', '[A-Z0-9]{20,}'], // age
  ['ke', 'key-', '[a-f0-9]{32,}'], // Mailgun
  ['AK AS', 'A(?:KIA|SIA)', '[A-Z0-9]{16}(?![A-Z0-9])'], // AWS
  ['LT', 'LTAI', '[A-Za-z0-9]{16,20}(?![A-Za-z0-9])'], // Alibaba Cloud
];

const SHAPE = new RegExp(`(?:${SHAPES.map(([, prefix, rest]) => prefix + rest).join('|')})`, 'y');

/** By two characters below 128, of which the first begins a word: whether a shape may begin with them. */
const STARTS = new Uint8Array(1 << 14);
for (const start of SHAPES.flatMap(([starts]) => starts.split(' '))) {
  STARTS[(start.charCodeAt(0) << 7) | start.charCodeAt(1)] = 1;
}

/** `123456789:AA...` (Telegram): known by what stands in the middle. */
const BOT_TOKEN = /(?<![A-Za-z0-9])\d{8,10}:AA[\w-]{32,}/g;

/** Addresses that let anyone write to a chat; the secret is the rest of the path. */
const WEBHOOK_PATH =
  /(?:hooks\.slack\.com\/(?:services|workflows|triggers)\/|discord(?:app)?\.com\/api\/webhooks\/|webhook\.office\.com\/webhookb?2?\/|api\.telegram\.org\/bot)([^\s"'<>?#]+)/g;

const AWS_SECRET_AFTER_ID = /[\s:;,|"'&]{1,4}(?:[A-Za-z_]{1,32}[=:]\s?["']?)?([A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])/y;

export function findTokens(text: string, spans: Span[]): void {
  for (let shape = nextShape(text, 0); shape !== undefined; shape = nextShape(text, shape.end)) {
    spans.push(shape);
    if (isAwsKeyId(text, shape)) findAwsSecret(text, shape.end, spans);
  }
  if (text.includes(':AA')) {
    for (let match = firstMatch(BOT_TOKEN, text); match !== null; match = BOT_TOKEN.exec(text))
      spans.push({ start: match.index, end: BOT_TOKEN.lastIndex });
  }
  if (text.includes('hook') || text.includes('/bot')) {
    for (let match = firstMatch(WEBHOOK_PATH, text); match !== null; match = WEBHOOK_PATH.exec(text)) {
      const end = WEBHOOK_PATH.lastIndex;
      spans.push({ start: end - (match[1] ?? '').length, end });
    }
  }
  findJsonWebTokens(text, spans);
}

/** Tells whether some token is known by its beginning. */
export function holdsShape(text: string): boolean {
  return nextShape(text, 0) !== undefined;
}

function nextShape(text: string, from: number): Span | undefined {
  let isInWord = from > 0 && isLetterOrDigit(text.charCodeAt(from - 1));
  let code = text.charCodeAt(from);
  for (let start = from; start + 1 < text.length; start += 1) {
    const next = text.charCodeAt(start + 1);
    if (!isInWord && code < 128 && next < 128 && STARTS[(code << 7) | next] === 1) {
      SHAPE.lastIndex = start;
      if (SHAPE.test(text)) return { start, end: SHAPE.lastIndex };
    }
    isInWord = isLetterOrDigit(code);
    code = next;
  }
  return undefined;
}

function isLetterOrDigit(code: number): boolean {
  const lower = code | 0x20;
  return (lower >= 0x61 && lower <= 0x7a) || (code >= 0x30 && code <= 0x39);
}

/** Tells whether a text ends in the id of an AWS access key, whose secret may be the next argument. */
export function endsInAwsKeyId(text: string): boolean {
  return (
    text.length >= 20 &&
    text.startsWith('IA', text.length - 18) &&
    /(?:^|[^A-Za-z0-9])A(?:KIA|SIA)[A-Z0-9]{16}$/.test(text.slice(-21))
  );
}

/** Forty characters of Base64 that are no SHA-1. */
export function isAwsSecret(text: string): boolean {
  return /^[A-Za-z0-9/+]{40}$/.test(text) && !/^[a-fA-F0-9]{40}$/.test(text);
}

function isAwsKeyId(text: string, { start, end }: Span): boolean {
  return end - start === 20 && (text.startsWith('AKIA', start) || text.startsWith('ASIA', start));
}

function findAwsSecret(text: string, from: number, spans: Span[]): void {
  AWS_SECRET_AFTER_ID.lastIndex = from;
  const secret = AWS_SECRET_AFTER_ID.exec(text)?.[1];
  if (secret !== undefined && isAwsSecret(secret))
    spans.push({ start: AWS_SECRET_AFTER_ID.lastIndex - 40, end: AWS_SECRET_AFTER_ID.lastIndex });
}

const TOKEN_CHARACTERS = /[\w-]*/y;
const SHORTEST_HEADER = 10;

/** JWTs (RFC 7519): `eyJ` begins every Base64 of a JSON object; three parts, or five where it is encrypted (RFC 7516). */
function findJsonWebTokens(text: string, spans: Span[]): void {
  let from = 0;
  for (let start = text.indexOf('eyJ'); start >= 0; start = text.indexOf('eyJ', from)) {
    let end = endOfPart(text, start);
    const headerLength = end - start;
    let parts = 1;
    while (parts < 5 && text[end] === '.') {
      end = endOfPart(text, end + 1);
      parts += 1;
    }
    if (headerLength >= SHORTEST_HEADER && parts >= 3) spans.push({ start, end });
    from = end;
  }
}

function endOfPart(text: string, start: number): number {
  TOKEN_CHARACTERS.lastIndex = start;
  TOKEN_CHARACTERS.exec(text);
  return TOKEN_CHARACTERS.lastIndex;
}
