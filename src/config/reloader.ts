import type { Logger } from '../base/logger.ts';
import type { Config } from './config.ts';
import { type SettingValue, settingText } from './describe-option.ts';
import type { LoadConfigResult, LoadedConfig, Setting } from './load-config.ts';
import { SETTING_OPTIONS, type SettingOption } from './option-table.ts';
import { type ConfigProblem, describeProblem } from './problem.ts';

/** A part of the program that can follow the configuration while it runs. */
export interface ReloadHook {
  /** The reloadable options it brings into force. */
  readonly options: readonly string[];
  /**
   * Reads and checks what the configuration asks for, and changes nothing yet. Called by every reload, also where no option
   * has another value: what a path leads to may have changed.
   */
  prepare(next: LoadedConfig): PreparedReload | Promise<PreparedReload>;
}

export type PreparedReload =
  | {
      readonly ok: true;
      /** Must not fail: the others of the same reload are in force by then. */
      readonly apply: () => void;
      /** What changes beside the values of the options, one phrase each. */
      readonly notes?: readonly string[];
    }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] };

/** One option whose value differs, as it would be written, secrets masked. */
export interface SettingChange {
  readonly name: string;
  readonly before: string;
  readonly after: string;
}

export type ReloadResult =
  | {
      readonly ok: true;
      readonly applied: readonly SettingChange[];
      /** `before` is what stays in force until then. */
      readonly needRestart: readonly SettingChange[];
      readonly notes: readonly string[];
    }
  /** Nothing was changed. */
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] };

export interface ReloaderOptions {
  /** What the program was started with. */
  readonly loaded: Pick<LoadedConfig, 'config' | 'settings'>;
  /** Reads flags, environment and file anew. */
  readonly read: () => Promise<LoadConfigResult>;
  readonly logger: Logger;
}

/**
 * The configuration in force, and how it is read again: all of it is right and what can follow does, or nothing changes
 * and every mistake is told.
 */
export class Reloader {
  readonly #read: () => Promise<LoadConfigResult>;
  #last: Promise<unknown> = Promise.resolve();
  readonly #logger: Logger;
  readonly #hooks: ReloadHook[] = [];
  #config: Config;
  #settings: readonly Setting[];

  constructor({ loaded, read, logger }: ReloaderOptions) {
    this.#read = read;
    this.#logger = logger;
    this.#config = loaded.config;
    this.#settings = loaded.settings;
  }

  /** In force now. */
  get config(): Config {
    return this.#config;
  }

  get settings(): readonly Setting[] {
    return this.#settings;
  }

  /** A hook is asked, and applied, in the order it came. */
  register(hook: ReloadHook): void {
    for (const name of hook.options) {
      if (!SETTING_OPTIONS.some((option) => option.name === name && option.reloadable)) {
        throw new Error(`the option table says that ${name} is not reloadable`);
      }
      if (this.#isHooked(name)) throw new Error(`two parts want to reload ${name}`);
    }
    this.#hooks.push(hook);
  }

  /** An option was given another value by other means; the next reload brings back what is configured. */
  changed(name: string, value: SettingValue, origin: string): void {
    const setting = this.#settings.find(({ option }) => option.name === name);
    if (setting?.option.key === undefined) throw new Error(`there is no option ${name} in force`);
    const { option } = setting;
    this.#config = Object.freeze({ ...this.#config, [setting.option.key]: value });
    this.#settings = this.#settings.map((one) =>
      one === setting ? { option, text: settingText(option, value), origin } : one,
    );
  }

  /** One after the other, whoever asks. */
  reload(): Promise<ReloadResult> {
    const reloading = this.#last.then(() => this.#reload());
    this.#last = reloading.catch(() => {});
    return reloading;
  }

  async #reload(): Promise<ReloadResult> {
    const result = await this.#attempt();
    if (result.ok) this.#tell(result);
    else this.#tellProblems(result.problems);
    return result;
  }

  async #attempt(): Promise<ReloadResult> {
    const loaded = await this.#read();
    if (!loaded.ok) return loaded;
    if (!('config' in loaded)) throw new Error('what runs was not started to answer a request');
    const prepared = await Promise.all(this.#hooks.map(async (hook) => hook.prepare(loaded)));
    const problems = prepared.flatMap((one) => (one.ok ? [] : one.problems));
    if (problems.length > 0) return { ok: false, problems };
    for (const warning of loaded.warnings) this.#logger.warn(warning);
    const differing = this.#differing(loaded);
    const live = differing.filter(({ option }) => this.#isHooked(option.name));
    const late = differing.filter((one) => !live.includes(one));
    for (const one of prepared) if (one.ok) one.apply();
    this.#adopt(
      loaded,
      late.map(({ option }) => option),
    );
    const notes = prepared.flatMap((one) => (one.ok ? (one.notes ?? []) : []));
    return {
      ok: true,
      applied: live.map(({ change }) => change),
      needRestart: late.map(({ change }) => change),
      notes,
    };
  }

  /** Compared by value: two secrets have one text. */
  #differing(loaded: LoadedConfig): readonly { readonly option: SettingOption; readonly change: SettingChange }[] {
    return loaded.settings.flatMap(({ option, text }) => {
      const { key, name } = option;
      if (key === undefined || !option.commands.includes('run')) return [];
      if (JSON.stringify(loaded.config[key]) === JSON.stringify(this.#config[key])) return [];
      const before = this.#settings.find((setting) => setting.option === option)?.text ?? '';
      return [{ option, change: { name, before, after: text } }];
    });
  }

  #adopt(loaded: LoadedConfig, except: readonly SettingOption[]): void {
    const kept = except.flatMap(({ key }) => (key === undefined ? [] : [[key, this.#config[key]]]));
    this.#config = Object.freeze({ ...loaded.config, ...(Object.fromEntries(kept) as Partial<Config>) });
    this.#settings = loaded.settings.map((setting) =>
      except.includes(setting.option)
        ? (this.#settings.find(({ option }) => option === setting.option) ?? setting)
        : setting,
    );
  }

  #isHooked(name: string): boolean {
    return this.#hooks.some(({ options }) => options.includes(name));
  }

  #tell({ applied, needRestart, notes }: Extract<ReloadResult, { ok: true }>): void {
    const said = [...applied.map(changeText), ...notes];
    this.#logger.info(`configuration read again: ${said.length === 0 ? 'nothing to change' : said.join(', ')}`);
    if (needRestart.length === 0) return;
    this.#logger.warn(
      `these need a restart, until then the value before holds: ${needRestart.map(changeText).join(', ')}`,
    );
  }

  #tellProblems(problems: readonly ConfigProblem[]): void {
    this.#logger.error('the configuration was read again and has mistakes, so nothing was changed');
    for (const problem of problems) this.#logger.error(describeProblem(problem));
  }
}

/** `interval 30 -> 10`; what is masked shows that it changed, not how. */
export function changeText({ name, before, after }: SettingChange): string {
  return before === after ? `${name} (a secret part of it)` : `${name} ${before || '-'} -> ${after || '-'}`;
}
