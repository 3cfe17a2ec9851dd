import type { Output } from './output.ts';

export interface VersionCommandInput {
  /** Of procmond. */
  readonly version: string;
  /** As `process.version` has it, with its `v`. */
  readonly nodeVersion: string;
  readonly platform: string;
  readonly architecture: string;
  readonly stdout: Output;
}

/** `procmond version`: one line. Returns the exit code. */
export function versionCommand({ version, nodeVersion, platform, architecture, stdout }: VersionCommandInput): 0 {
  stdout.write(`procmond ${version} (node ${nodeVersion}, ${platform} ${architecture})\n`);
  return 0;
}
