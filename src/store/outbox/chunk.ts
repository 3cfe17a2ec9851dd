import { compress, decompress } from '../compression.ts';

/** A chunk takes no more than this; a batch is sent whole, so neither may be large. */
export const MAX_CHUNK_RECORDS = 500;
export const MAX_CHUNK_BYTES = 768 * 1024;

/** JSON texts hold no line feed. */
export function encodeChunk(rows: readonly string[]): Buffer {
  return compress(rows.join('\n'));
}

export function decodeChunk(chunk: Uint8Array): readonly string[] {
  return decompress(chunk).toString('utf8').split('\n');
}

const PAGE_BYTES = 4096;
const PAGE_HEADER_BYTES = 16;
/** Two nodes must fit into a leaf page; larger values lie in pages of their own. */
const LARGEST_INLINE_VALUE = 2020;
/** Key, node header and pointer beside a value in a leaf. */
const NODE_OVERHEAD_BYTES = 20;
const INDEX_ROW_BYTES = 215;

/**
 * What a chunk takes of the LMDB file, its row of the index included. A small value shares a leaf; rows come in ascending
 * order, so a leaf that is full keeps all of them but the last, which begins the next one.
 */
export function chunkPageBytes(valueBytes: number): number {
  return INDEX_ROW_BYTES + (valueBytes > LARGEST_INLINE_VALUE ? ownPages(valueBytes) : leafShare(valueBytes));
}

function ownPages(valueBytes: number): number {
  return Math.ceil((valueBytes + PAGE_HEADER_BYTES) / PAGE_BYTES) * PAGE_BYTES;
}

function leafShare(valueBytes: number): number {
  const fitting = Math.floor((PAGE_BYTES - PAGE_HEADER_BYTES) / (valueBytes + NODE_OVERHEAD_BYTES));
  return Math.ceil(PAGE_BYTES / Math.max(1, fitting - 1));
}
