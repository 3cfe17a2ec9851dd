import { hash } from 'node:crypto';

export interface CommonProcessIdInputs {
  /** `/proc/sys/kernel/random/boot_id`: a UUID in its text form. */
  readonly bootId: string;
  /** Inode of the process' own pid namespace. */
  readonly pidNamespace: number;
  readonly startTicks: number;
  /** Its pid in that namespace: the last number of `NStgid`. */
  readonly virtualPid: number;
}

/**
 * OCSF common process id (github.com/ocsf/common-process-id, specification.md): SHA-256 over 40 packed little-endian
 * bytes (boot UUID, u64 namespace inode, u64 start ticks, i64 pid), its first 16 bytes marked as UUIDv8 (RFC 9562).
 */
export function commonProcessId(inputs: CommonProcessIdInputs): string {
  const packed = Buffer.alloc(40);
  packed.write(inputs.bootId.replaceAll('-', ''), 0, 16, 'hex');
  packed.writeBigUInt64LE(BigInt(inputs.pidNamespace), 16);
  packed.writeBigUInt64LE(BigInt(inputs.startTicks), 24);
  packed.writeBigInt64LE(BigInt(inputs.virtualPid), 32);
  const id = hash('sha256', packed, 'buffer').subarray(0, 16);
  id[6] = ((id[6] as number) & 0x0f) | 0x80;
  id[8] = ((id[8] as number) & 0x3f) | 0x80;
  const hex = id.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
