import { wholeLogsUrl } from './endpoint.ts';
import { type GivenSetting, type Layer, refusedValue } from './given-setting.ts';
import { isKubernetesServiceLink } from './kubernetes-service-link.ts';
import { nearestName } from './nearest-name.ts';
import {
  ENVIRONMENT_OPTIONS,
  ENVIRONMENT_PREFIX,
  environmentVariable,
  SETTING_OPTIONS,
  type SettingOption,
} from './option-table.ts';
import { parseOptionValue } from './parse-option-value.ts';
import { type ConfigProblem, printableValue } from './problem.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Reads every PROCMOND_* variable. An empty one counts as unset; one that procmond does not know is a mistake. */
export function readEnvironment(env: Environment): Layer {
  const given: GivenSetting[] = [];
  const problems: ConfigProblem[] = [];
  for (const name of Object.keys(env).toSorted()) {
    const text = setValue(env, name);
    if (!name.startsWith(ENVIRONMENT_PREFIX) || text === undefined || isKubernetesServiceLink(name, text)) continue;
    const option = ENVIRONMENT_OPTIONS.find((row) => environmentVariable(row) === name);
    if (option === undefined) {
      problems.push(unknownVariable(name));
      continue;
    }
    const parsed = parseOptionValue(option, text);
    if (parsed.ok) given.push({ option, value: parsed.value, origin: `environment ${name}` });
    else problems.push(refusedValue(option, text, `environment ${name}`, parsed));
  }
  return { given, problems };
}

/**
 * Reads the standard OpenTelemetry variables that an option follows, the strongest one that is set. The others belong
 * to the neighbours of procmond as much as to it: they are not looked at.
 */
export function readStandardVariables(env: Environment): Layer {
  const given: GivenSetting[] = [];
  const problems: ConfigProblem[] = [];
  for (const option of SETTING_OPTIONS) {
    const found = strongestVariable(option, env);
    if (found === undefined) continue;
    const parsed = found.whole ? asValue(wholeLogsUrl(found.text)) : parseOptionValue(option, found.text);
    if (parsed.ok) given.push({ option, value: parsed.value, origin: found.origin });
    else problems.push(refusedValue(option, found.text, found.origin, parsed));
  }
  return { given, problems };
}

/** The value of a variable; undefined when it is unset or blank, which mean the same to OpenTelemetry and to procmond. */
export function setValue(env: Environment, name: string): string | undefined {
  const text = env[name];
  return text === undefined || text.trim() === '' ? undefined : text;
}

function strongestVariable(option: SettingOption, env: Environment) {
  const variables = 'standardVariables' in option ? (option.standardVariables ?? []) : [];
  for (const { name, holds } of variables) {
    const text = setValue(env, name);
    if (text !== undefined) return { text, origin: `environment ${name}`, whole: holds === 'full URL' };
  }
  return undefined;
}

function asValue(endpoint: ReturnType<typeof wholeLogsUrl>) {
  return endpoint.ok ? { ok: true as const, value: endpoint.url } : endpoint;
}

/** Its value is not shown: nobody knows whether it is a secret. */
function unknownVariable(name: string): ConfigProblem {
  const nearest = nearestName(name.slice(ENVIRONMENT_PREFIX.length), ENVIRONMENT_OPTIONS.map(variableSuffix));
  const shown = printableValue(name);
  return {
    name: shown,
    origin: `environment ${shown}`,
    reason: 'is no variable of procmond',
    ...(nearest === undefined ? {} : { nearest: `${ENVIRONMENT_PREFIX}${nearest}` }),
  };
}

/** The part that differs; the prefix would make any two variables look alike. */
function variableSuffix(option: SettingOption): string {
  return environmentVariable(option).slice(ENVIRONMENT_PREFIX.length);
}
