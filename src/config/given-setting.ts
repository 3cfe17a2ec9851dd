import { allowedText, type SettingValue } from './describe-option.ts';
import type { SettingOption } from './option-table.ts';
import type { ParsedValue } from './parse-option-value.ts';
import { type ConfigProblem, printableValue } from './problem.ts';

/** A value somebody gave for an option, and where: one layer's answer before precedence is applied. */
export interface GivenSetting {
  readonly option: SettingOption;
  /** In the unit of `Config`. */
  readonly value: SettingValue;
  readonly origin: string;
}

/** What one layer (flags, environment, file) says, with everything that is wrong in it. */
export interface Layer {
  readonly given: readonly GivenSetting[];
  readonly problems: readonly ConfigProblem[];
}

/** The problem of a value that was refused. */
export function refusedValue(
  option: SettingOption,
  text: string,
  origin: string,
  refused: Extract<ParsedValue, { ok: false }>,
): ConfigProblem {
  const secret = 'secret' in option ? option.secret : false;
  return {
    name: option.name,
    origin,
    value: printableValue(text, { secret }),
    reason: refused.reason,
    allowed: allowedText(option),
    ...(refused.nearest === undefined ? {} : { nearest: refused.nearest }),
  };
}
