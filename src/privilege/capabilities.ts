/** Numbers of capabilities(7): all that procmond has a use for. */
const NUMBERS = { CAP_DAC_READ_SEARCH: 2n, CAP_SYS_PTRACE: 19n } as const;

export type UsedCapability = keyof typeof NUMBERS;

export const USED_CAPABILITIES = Object.keys(NUMBERS) as readonly UsedCapability[];

/** A set as the kernel prints it. @param hexadecimal digits, as behind `CapEff:` in `/proc/PID/status` */
export function capabilitySet(hexadecimal: string): bigint {
  return BigInt(`0x${hexadecimal}`);
}

/** Those of a set that procmond has a use for. */
export function usedOf(set: bigint): readonly UsedCapability[] {
  return USED_CAPABILITIES.filter((name) => (set & bit(name)) !== 0n);
}

export function setOf(names: readonly UsedCapability[]): bigint {
  return names.reduce((set, name) => set | bit(name), 0n);
}

/** How many of a set procmond has no use for. */
export function countOthers(set: bigint): number {
  return (set & ~setOf(USED_CAPABILITIES)).toString(2).replaceAll('0', '').length;
}

function bit(name: UsedCapability): bigint {
  return 1n << NUMBERS[name];
}
