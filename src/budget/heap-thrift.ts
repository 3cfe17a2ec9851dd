import v8 from 'node:v8';

/** Between what a thousand processes need at most and what ten thousand need at least. */
const LARGE_HEAP_BYTES = 56 * 1024 * 1024;

/**
 * Has V8 give back the pages that a collection leaves empty, instead of keeping them for the next allocations: of the
 * garbage of an inventory of ten thousand processes it would keep 50 MB for good. That costs about a sixth more CPU, so
 * it is for the start, when nobody knows yet how much there will be, and for heaps that stay large.
 *
 * `--optimize-for-size` on the command line is no way to it: there it halves the young generation as well.
 */
export class HeapThrift {
  #thrifty: boolean | undefined;

  constructor() {
    this.#set(true);
  }

  /** To be called after a cycle. */
  follow(heapBytes: number = v8.getHeapStatistics().total_heap_size): void {
    this.#set(heapBytes > LARGE_HEAP_BYTES);
  }

  get thrifty(): boolean {
    return this.#thrifty === true;
  }

  /** V8 looks at this flag whenever it sizes its heap, so that it may change while the program runs. */
  #set(thrifty: boolean): void {
    if (thrifty === this.#thrifty) return;
    this.#thrifty = thrifty;
    v8.setFlagsFromString(thrifty ? '--optimize-for-size' : '--no-optimize-for-size');
  }
}
