import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';

/** A chunk takes no more than this; a batch is sent whole, so neither may be large. */
export const MAX_CHUNK_RECORDS = 500;
export const MAX_CHUNK_BYTES = 768 * 1024;

/** Level 1: a twentieth of the disk for the CPU that plain rows cost. */
const OPTIONS = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };

/** JSON texts hold no line feed. */
export function encodeChunk(rows: readonly string[]): Buffer {
  return zstdCompressSync(rows.join('\n'), OPTIONS);
}

export function decodeChunk(chunk: Uint8Array): readonly string[] {
  return zstdDecompressSync(chunk).toString('utf8').split('\n');
}

const PAGE_BYTES = 4096;
const PAGE_HEADER_BYTES = 16;
const LARGEST_INLINE_VALUE = 2000;
const INDEX_ROW_BYTES = 256;

/** What a chunk takes of the LMDB file: values over about half a page lie in whole pages of their own, smaller ones beside each other. */
export function chunkPageBytes(valueBytes: number): number {
  const own =
    valueBytes > LARGEST_INLINE_VALUE
      ? Math.ceil((valueBytes + PAGE_HEADER_BYTES) / PAGE_BYTES) * PAGE_BYTES
      : valueBytes + PAGE_HEADER_BYTES;
  return own + INDEX_ROW_BYTES;
}
