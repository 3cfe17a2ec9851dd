import type { ConfigProblem } from './problem.ts';
import { type Environment, setValue } from './read-environment.ts';

/**
 * What the standard OpenTelemetry variables ask for that procmond cannot honour. Each of these would otherwise lose
 * records, or parts of them, in silence (sources: OpenTelemetry "Environment variable specification"; sdk-node, which
 * falls back from the log record limits to the general ones).
 */
export function checkOtelEnvironment(env: Environment): ConfigProblem[] {
  return [...disabledSdk(env), ...attributeLimits(env), ...otherProtocol(env)];
}

/** Variables the OTLP exporter and the resource read by themselves, and whether their values are secrets. */
export const EXPORTER_VARIABLES: readonly { readonly name: string; readonly secret: boolean }[] = [
  ...['HEADERS', 'TIMEOUT', 'COMPRESSION', 'CERTIFICATE', 'CLIENT_CERTIFICATE', 'CLIENT_KEY'].flatMap((suffix) => [
    { name: `OTEL_EXPORTER_OTLP_LOGS_${suffix}`, secret: suffix === 'HEADERS' },
    { name: `OTEL_EXPORTER_OTLP_${suffix}`, secret: suffix === 'HEADERS' },
  ]),
  { name: 'OTEL_RESOURCE_ATTRIBUTES', secret: false },
];

const LIMIT_VARIABLES = [
  'OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT',
  'OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT',
  'OTEL_ATTRIBUTE_COUNT_LIMIT',
  'OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT',
] as const;

function disabledSdk(env: Environment): ConfigProblem[] {
  const value = setValue(env, 'OTEL_SDK_DISABLED')?.trim();
  if (value?.toLowerCase() !== 'true') return [];
  return [problem('OTEL_SDK_DISABLED', value, 'would drop every record in silence: unset it', 'false, or nothing')];
}

function attributeLimits(env: Environment): ConfigProblem[] {
  return LIMIT_VARIABLES.flatMap((name) => {
    const value = setValue(env, name);
    const reason = 'would cut attributes off every record in silence, topic and uid among them: unset it';
    return value === undefined ? [] : [problem(name, value, reason, 'nothing')];
  });
}

/** The variable of the logs signal rules over the general one, which may be meant for other programs. */
function otherProtocol(env: Environment): ConfigProblem[] {
  for (const name of ['OTEL_EXPORTER_OTLP_LOGS_PROTOCOL', 'OTEL_EXPORTER_OTLP_PROTOCOL']) {
    const value = setValue(env, name)?.trim();
    if (value === 'http/json') return [];
    if (value !== undefined) {
      const reason =
        'is a protocol procmond does not speak; OTLP over HTTP with JSON, usually on port 4318, is its only one';
      return [problem(name, value, reason, 'http/json (OTEL_EXPORTER_OTLP_LOGS_PROTOCOL sets it for procmond alone)')];
    }
  }
  return [];
}

function problem(name: string, value: string, reason: string, allowed: string): ConfigProblem {
  return { name, origin: `environment ${name}`, value, reason, allowed };
}
