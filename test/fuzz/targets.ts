/** What is fuzzed, and the module of each. */
export const TARGETS: Readonly<Record<string, string>> = {
  configuration: import.meta.resolve('./targets/configuration.ts'),
  control: import.meta.resolve('./targets/control.ts'),
  proc: import.meta.resolve('./targets/proc.ts'),
};
