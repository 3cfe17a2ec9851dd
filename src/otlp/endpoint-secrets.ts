/** Shorter values are words like "on" and "1", which would be hidden where they stand for themselves. */
const SHORTEST_SECRET = 6;

/**
 * Hides what only the endpoint is to know in what it says: some quote the request, or the token that they refuse. Secret
 * are user, password and query values of its URL, and the values of the headers of `OTEL_EXPORTER_OTLP_(LOGS_)HEADERS`,
 * whole and word by word (`Bearer <token>`), written as they are and percent-encoded.
 */
export function hideSecretsOf(
  url: string,
  env: Readonly<Record<string, string | undefined>>,
): (text: string) => string {
  const { username, password, search } = new URL(url);
  const queries = search.slice(1).split('&');
  const headers = ['OTEL_EXPORTER_OTLP_LOGS_HEADERS', 'OTEL_EXPORTER_OTLP_HEADERS'].flatMap(
    (name) => env[name]?.split(',') ?? [],
  );
  const values = [username, password, ...[...queries, ...headers].map((pair) => pair.slice(pair.indexOf('=') + 1))];
  const spellings = values.map((value) => value.trim()).flatMap((value) => [value, decoded(value)]);
  const secrets = new Set(spellings.flatMap((value) => [value, ...value.split(/\s+/)]));
  const longestFirst = [...secrets]
    .filter(({ length }) => length >= SHORTEST_SECRET)
    .sort((one, other) => other.length - one.length);
  return (text) => longestFirst.reduce((so, secret) => so.replaceAll(secret, '***'), text);
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    // A stray percent sign: it is meant as it stands.
    return value;
  }
}
