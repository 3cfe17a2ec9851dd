import type { Parsed } from './parsed.ts';
import type { AnalysisRequest } from './protocol.ts';

/** Reads the body of PUT /v1/interval: whole seconds. */
export function parseInterval(body: unknown): Parsed<number> {
  const fields = fieldsOf(body, ['seconds']);
  if (!fields.ok) return fields;
  const { seconds } = fields.value;
  if (typeof seconds === 'number' && Number.isInteger(seconds) && seconds >= MIN_SECONDS && seconds <= MAX_SECONDS) {
    return { ok: true, value: seconds };
  }
  return wrong(`"seconds" is ${shown(seconds)}; it has to be a whole number from ${MIN_SECONDS} to ${MAX_SECONDS}`);
}

/** What `--interval` takes. */
const MIN_SECONDS = 5;
const MAX_SECONDS = 3600;

const ANALYSIS_KEYS = ['target', 'analysisType', 'priority', 'pid', 'path', 'correlationId', 'metadata'] as const;

/** Reads the body of POST /v1/triggers: its form. Which targets, types and priorities there are is known to who is asked. */
export function parseAnalysisRequest(body: unknown): Parsed<AnalysisRequest> {
  const fields = fieldsOf(body, ANALYSIS_KEYS);
  if (!fields.ok) return fields;
  const { target, analysisType, priority = 'normal', pid, path, correlationId, metadata = {} } = fields.value;
  const problems = [
    isText(target) ? undefined : `"target" is ${shown(target)}; it has to name a source, such as "binary-hasher"`,
    isText(analysisType)
      ? undefined
      : `"analysisType" is ${shown(analysisType)}; it has to be a text such as "binary_hash"`,
    isText(priority) ? undefined : `"priority" is ${shown(priority)}; it has to be a text such as "normal"`,
    isPid(pid) || pid === undefined ? undefined : `"pid" is ${shown(pid)}; it has to be a process id`,
    isPath(path) || path === undefined ? undefined : `"path" is ${shown(path)}; it has to be an absolute path`,
    (pid === undefined) === (path === undefined) ? 'one of "pid" and "path" has to say of what' : undefined,
    isText(correlationId) || correlationId === undefined
      ? undefined
      : `"correlationId" is ${shown(correlationId)}; it has to be a text`,
    isTexts(metadata) ? undefined : '"metadata" has to be an object of texts',
  ].filter((problem) => problem !== undefined);
  if (problems.length > 0) return { ok: false, problems };
  return {
    ok: true,
    value: {
      target: target as string,
      analysisType: analysisType as string,
      priority: priority as string,
      ...(isPid(pid) && { pid }),
      ...(isPath(path) && { path }),
      ...(isText(correlationId) && { correlationId }),
      metadata: metadata as Readonly<Record<string, string>>,
    },
  };
}

/** Reads the body of a request that needs none: nothing, or an object without a key. */
export function parseNothing(body: unknown): Parsed<undefined> {
  const fields = fieldsOf(body ?? {}, []);
  return fields.ok ? { ok: true, value: undefined } : fields;
}

function fieldsOf<Key extends string>(
  body: unknown,
  known: readonly Key[],
): Parsed<Readonly<Partial<Record<Key, unknown>>>> {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    return wrong('the body has to be a JSON object');
  }
  const problems = Object.keys(body)
    .filter((key) => !known.some((name) => name === key))
    .map(
      (key) =>
        `${shown(key)} is no key here; ${known.length === 0 ? 'there is none' : `there are ${known.join(', ')}`}`,
    );
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value: body as Partial<Record<Key, unknown>> };
}

function wrong(problem: string): { readonly ok: false; readonly problems: readonly string[] } {
  return { ok: false, problems: [problem] };
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== '';
}

function isPid(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0;
}

function isPath(value: unknown): value is string {
  return isText(value) && value.startsWith('/') && !value.includes('\0');
}

function isTexts(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.values(value).every((text) => typeof text === 'string');
}

const LONGEST_SHOWN = 100;

function shown(value: unknown): string {
  if (value === undefined) return 'missing';
  const text = JSON.stringify(value);
  return text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text;
}
