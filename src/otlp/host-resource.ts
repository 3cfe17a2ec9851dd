import { readFileSync } from 'node:fs';
import { arch, hostname, release, type } from 'node:os';
import { type Resource, resourceFromAttributes } from '@opentelemetry/resources';

export interface HostResourceOptions {
  readonly version: string;
  readonly instanceId: string;
  readonly hostId: string | undefined;
  /** `OTEL_RESOURCE_ATTRIBUTES`, `OTEL_SERVICE_NAME` */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * Who speaks, in the names of the semantic conventions. Never procmond's own `process.*`: in a flat backend they would
 * be taken for the watched process'. What OTEL_RESOURCE_ATTRIBUTES says wins, `service.instance.id` included.
 */
export function hostResource(options: HostResourceOptions): Resource {
  return resourceFromAttributes({
    'service.name': options.env.OTEL_SERVICE_NAME || 'procmond',
    'service.version': options.version,
    'service.instance.id': options.instanceId,
    ...(options.hostId !== undefined && { 'host.id': options.hostId }),
    'host.name': hostname(),
    'host.arch': hostArch(),
    'os.type': process.platform === 'win32' ? 'windows' : process.platform,
    'os.description': `${type()} ${release()}`,
    ...parseResourceAttributes(options.env.OTEL_RESOURCE_ATTRIBUTES),
  });
}

/** `host.arch` has its own spellings. */
function hostArch(): string {
  const known: Readonly<Record<string, string>> = { x64: 'amd64', arm: 'arm32', ia32: 'x86', ppc64: 'ppc64' };
  return known[arch()] ?? arch();
}

/** W3C Baggage form: `key=value,key=value`, percent-encoded. A pair that is none is passed over, as the SDK does. */
export function parseResourceAttributes(text: string | undefined): Record<string, string> {
  const attributes: Record<string, string> = {};
  for (const pair of text?.split(',') ?? []) {
    const equals = pair.indexOf('=');
    const key = decode(pair.slice(0, Math.max(0, equals)).trim());
    const value = decode(pair.slice(equals + 1).trim());
    if (equals > 0 && key && value !== undefined && !key.startsWith('process.')) attributes[key] = value;
  }
  return attributes;
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    // Not percent-encoded text at all.
    return undefined;
  }
}

/** The host's machine-id(5), or undefined where there is none: never a container's made-up one, the file is given. */
export function readHostId(machineIdFile: string): string | undefined {
  try {
    const id = readFileSync(machineIdFile, 'utf8').trim();
    return /^[0-9a-f]{32}$/.test(id) ? id : undefined;
  } catch {
    // Absent is the answer.
    return undefined;
  }
}
