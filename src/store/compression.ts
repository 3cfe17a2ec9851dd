import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';

/** Level 1: a twentieth of the disk for the CPU that writing it plainly costs. */
const OPTIONS = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };

/** One zstd frame (RFC 8878). */
export function compress(plain: string | NodeJS.ArrayBufferView): Buffer {
  return zstdCompressSync(plain, OPTIONS);
}

export function decompress(frame: Uint8Array): Buffer {
  return zstdDecompressSync(frame);
}
