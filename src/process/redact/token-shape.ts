import type { Span } from './span.ts';

/**
 * Secrets that are known by their shape alone, wherever they stand. Each begins with a fixed prefix and takes all the characters
 * it may hold: nothing long has to be given back, so a text is read once.
 */
const SHAPES: readonly (readonly [prefix: string, rest: string])[] = [
  ['gh[pousr]_', '[A-Za-z0-9]{16,}'], // GitHub
  ['github_pat_', '\\w{16,}'],
  ['gl(?:pat|ptt|dt|rt|cbt|soat|ft|imt|agent|oas)-', '[\\w-]{16,}'], // GitLab
  ['xox[abeoprs]-', '[\\w-]{8,}'], // Slack
  ['xapp-', '\\d-[\\w-]{8,}'],
  ['sk-', '(?=[A-Za-z_-]{0,64}\\d)[\\w-]{16,}'], // OpenAI, Anthropic
  ['[srp]k_(?:live|test)_', '\\w{8,}'], // Stripe
  ['whsec_', '[\\w+/=]{16,}'],
  ['AIza', '[\\w-]{30,}'], // Google
  ['ya29\\.', '[\\w-]{16,}'],
  ['GOCSPX-', '[\\w-]{16,}'],
  ['npm_', '[A-Za-z0-9]{20,}'],
  ['pypi-', '[\\w-]{30,}'],
  ['rubygems_', '[a-f0-9]{32,}'],
  ['dckr_[op]at_', '[\\w-]{16,}'], // Docker Hub
  ['hv[sbr]\\.', '[\\w-]{16,}'], // Vault
  ['SG\\.', '[\\w-]{16,}(?:\\.[\\w-]{0,64})?'], // SendGrid
  ['do[opr]_v1_', '[a-f0-9]{32,}'], // DigitalOcean
  ['shp(?:at|ss|ca|pa)_', '[a-fA-F0-9]{32,}'], // Shopify
  ['hf_', '[A-Za-z0-9]{20,}'], // Hugging Face
  ['gl(?:sa|c)_', '[\\w=+/]{20,}'], // Grafana
  ['dapi', '[a-f0-9]{32,}'], // Databricks
  ['PMAK-', '[\\w-]{24,}'], // Postman
  ['NRAK-', '[A-Z0-9]{20,}'], // New Relic
  ['sntry[su]_', '[\\w+/=.-]{20,}'], // Sentry
  ['lin_api_', '[A-Za-z0-9]{20,}'], // Linear
  ['ops_eyJ', '[\\w-]{20,}'], // 1Password
  ['ATATT3x', '[\\w=-]{16,}'], // Atlassian
  ['tskey-', '[a-z]{1,16}-[\\w-]{8,}'], // Tailscale
  ['AGE-SECRET-KEY-1', '[A-Z0-9]{20,}'], // age
  ['key-', '[a-f0-9]{32,}'], // Mailgun
  ['sq0(?:atp|csp)-', '[\\w-]{16,}'], // Square
  ['\\d{8,10}:AA', '[\\w-]{32,}'], // Telegram
  ['A(?:KIA|SIA)', '[A-Z0-9]{16}(?![A-Z0-9])'], // AWS
];

const SHAPE = new RegExp(`(?<![A-Za-z0-9])(?:${SHAPES.map(([prefix, rest]) => prefix + rest).join('|')})`, 'g');

/** Every text with such a secret in it matches this, at a fraction of the cost. */
export const TOKEN_PREFIX = new RegExp(`eyJ|hooks|webhookb|/bot|${SHAPES.map(([prefix]) => prefix).join('|')}`, 'i');

/** Addresses that let anyone write to a chat; the secret is the rest of the path. */
const WEBHOOK_PATH =
  /(?:hooks\.slack\.com\/(?:services|workflows|triggers)\/|discord(?:app)?\.com\/api\/webhooks\/|webhook\.office\.com\/webhookb?2?\/|api\.telegram\.org\/bot)([^\s"'<>?#]+)/gi;

const AWS_SECRET_AFTER_ID = /[\s:;,|"'&]{1,4}(?:[A-Za-z_]{1,32}[=:]\s?["']?)?([A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])/y;

export function findTokens(text: string, spans: Span[]): void {
  for (const match of text.matchAll(SHAPE)) {
    const end = match.index + match[0].length;
    spans.push({ start: match.index, end });
    if (isAwsKeyId(match[0])) findAwsSecret(text, end, spans);
  }
  for (const match of text.matchAll(WEBHOOK_PATH)) {
    const end = match.index + match[0].length;
    spans.push({ start: end - (match[1] ?? '').length, end });
  }
  findJsonWebTokens(text, spans);
}

/** Tells whether a text ends in the id of an AWS access key, whose secret may be the next argument. */
export function endsInAwsKeyId(text: string): boolean {
  return text.length >= 20 && /(?:^|[^A-Za-z0-9])A(?:KIA|SIA)[A-Z0-9]{16}$/.test(text.slice(-21));
}

/** Forty characters of Base64 that are no SHA-1. */
export function isAwsSecret(text: string): boolean {
  return /^[A-Za-z0-9/+]{40}$/.test(text) && !/^[a-fA-F0-9]{40}$/.test(text);
}

function isAwsKeyId(token: string): boolean {
  return token.length === 20 && /^A(?:KIA|SIA)/.test(token);
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
