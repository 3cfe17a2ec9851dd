import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';

/**
 * Level 1: a twentieth of the disk for the CPU that writing it plainly costs. With a checksum of the content, which LMDB
 * does not have: a damaged frame is an error, never another text.
 */
const OPTIONS = { params: { [constants.ZSTD_c_compressionLevel]: 1, [constants.ZSTD_c_checksumFlag]: 1 } };

/** One zstd frame (RFC 8878). */
export function compress(plain: string | NodeJS.ArrayBufferView): Buffer {
  return zstdCompressSync(plain, OPTIONS);
}

/** @throws an error of zlib when the frame is damaged */
export function decompress(frame: Uint8Array): Buffer {
  return zstdDecompressSync(frame);
}
