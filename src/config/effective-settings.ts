import type { Setting } from './load-config.ts';
import { EXPORTER_VARIABLES } from './otel-environment.ts';
import { type Environment, setValue } from './read-environment.ts';

/** One thing that is in force for `run`, without secrets. */
export interface EffectiveSetting {
  /** Of an option, or a variable that the exporter reads by itself. */
  readonly name: string;
  /** Empty where there is none. */
  readonly value: string;
  readonly origin: string;
}

/** What `run` uses, in the order of the option table, and what of the environment its parts read by themselves. */
export function effectiveSettings(settings: readonly Setting[], env: Environment): readonly EffectiveSetting[] {
  const own = settings
    .filter(({ option }) => option.commands.includes('config'))
    .map(({ option, text, origin }) => ({ name: option.name, value: text, origin }));
  const variables = EXPORTER_VARIABLES.flatMap(({ name, secret }) => {
    const value = setValue(env, name);
    return value === undefined ? [] : [{ name, value: secret ? 'set, masked' : value, origin: `environment ${name}` }];
  });
  return [...own, ...variables];
}
