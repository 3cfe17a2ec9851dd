type Environment = Readonly<Record<string, string | undefined>>;

/** What `ps`, a shell and PowerShell need to be found and to run. */
const PASSED_ON = [
  'PATH',
  'PATHEXT',
  'SystemRoot',
  'SystemDrive',
  'windir',
  'ComSpec',
  'TEMP',
  'TMP',
  'USERPROFILE',
  'ProgramFiles',
  'ProgramData',
] as const;

/**
 * The environment of the reader process: nothing of procmond's own but what is listed, so none of its secrets (the
 * exporter's headers, for one) and nothing that would make `ps` speak otherwise. Times and numbers are told as in C.
 */
export function readerEnvironment(env: Environment, platform: NodeJS.Platform): Record<string, string> {
  const passed = PASSED_ON.flatMap((name): [string, string][] => {
    const value = env[name];
    return value === undefined ? [] : [[name, value]];
  });
  return { ...Object.fromEntries(passed), ...convention(platform) };
}

function convention(platform: NodeJS.Platform): Record<string, string> {
  switch (platform) {
    case 'win32':
      // PowerShell tells the host's local time whatever TZ says; the reader has to read it by the same zone.
      return {};
    case 'darwin':
      // In a C locale its `ps` writes each byte of a name beyond ASCII as `M-x`.
      return { TZ: 'UTC', LANG: 'C', LC_CTYPE: 'UTF-8' };
    default:
      return { TZ: 'UTC', LANG: 'C', LC_ALL: 'C' };
  }
}
