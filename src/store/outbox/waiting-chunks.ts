import { evictionRank } from '../../topics/topic-table.ts';

/** The row of the index that describes a chunk. */
export interface ChunkInfo {
  readonly firstSeq: number;
  readonly topic: string;
  readonly senderId: string;
  readonly committedAtMillis: number;
  /** The running time when it was committed (running-time.ts); absent in rows of versions that did not count it. */
  readonly committedAtRunMillis?: number;
  readonly count: number;
  readonly pageBytes: number;
}

/** Whether a chunk must stay, whatever there is to give up. */
export type IsPinned = (chunk: ChunkInfo) => boolean;

/**
 * The chunks that wait: in the order of their sequence numbers, by topic, and what they sum to. No call costs more than
 * what it changes, times the number of topics: an outbox of a day is no dearer than an empty one.
 *
 * - Numbers rise, so each topic is a queue: what comes is appended, what goes is at its front or right behind what is pinned.
 * - A change holds at once. Between `begin` and `adopt` the way back is noted, and `rollback` goes it.
 */
export class WaitingChunks {
  readonly #topics = new Map<string, TopicQueue>();
  #undo: (() => void)[] = [];
  #records = 0;
  #bytes = 0;

  /** @param chunks ascending by `firstSeq` */
  constructor(chunks: Iterable<ChunkInfo>) {
    // Thousands of rows hold the same few texts: each is kept once.
    const senderIds = new Map<string, string>();
    for (const chunk of chunks) {
      const senderId = senderIds.get(chunk.senderId) ?? chunk.senderId;
      senderIds.set(senderId, senderId);
      this.#append({ ...chunk, topic: this.#queueOf(chunk.topic).topic, senderId });
    }
  }

  /** Records of all chunks, those of the first one that have left included. */
  get records(): number {
    return this.#records;
  }

  /** Of LMDB pages in use. */
  get bytes(): number {
    return this.#bytes;
  }

  get first(): ChunkInfo | undefined {
    let first: ChunkInfo | undefined;
    for (const queue of this.#topics.values()) {
      const chunk = queue.at(0);
      if (chunk !== undefined && chunk.firstSeq < (first?.firstSeq ?? Number.POSITIVE_INFINITY)) first = chunk;
    }
    return first;
  }

  /** One sum for each topic, in the order of their oldest chunks. */
  get topics(): readonly TopicSum[] {
    return [...this.#topics.values()]
      .flatMap(({ topic, records, bytes, oldest }) => (oldest === undefined ? [] : { topic, records, bytes, oldest }))
      .sort((a, b) => a.oldest.firstSeq - b.oldest.firstSeq);
  }

  /** All of them in order; to be given up before anything changes. */
  *inOrder(): Generator<ChunkInfo> {
    const places = [...this.#topics.values()].map((queue) => ({ queue, index: 0 }));
    for (;;) {
      let next: { readonly place: (typeof places)[number]; readonly chunk: ChunkInfo } | undefined;
      for (const place of places) {
        const chunk = place.queue.at(place.index);
        if (chunk !== undefined && (next === undefined || chunk.firstSeq < next.chunk.firstSeq))
          next = { place, chunk };
      }
      if (next === undefined) return;
      next.place.index += 1;
      yield next.chunk;
    }
  }

  /** @param chunk with the highest number there has been */
  append(chunk: ChunkInfo): void {
    const queue = this.#append(chunk);
    this.#undo.push(() => {
      queue.pop();
      this.#count(chunk, -1);
    });
  }

  /** Removes the oldest that is not pinned, when it is to go. */
  removeOldest(isPinned: IsPinned, isToGo: (chunk: ChunkInfo) => boolean): ChunkInfo | undefined {
    const place = this.#best(isPinned, (one, other) => one.firstSeq < other.firstSeq);
    return place !== undefined && isToGo(place.chunk) ? this.#remove(place) : undefined;
  }

  /** Removes what is worth least of what is not pinned: the oldest of the least important topics. */
  removeLeastImportant(isPinned: IsPinned): ChunkInfo | undefined {
    const place = this.#best(isPinned, (one, other, rankOfOne, rankOfOther) =>
      rankOfOne === rankOfOther ? one.firstSeq < other.firstSeq : rankOfOne < rankOfOther,
    );
    return place && this.#remove(place);
  }

  begin(): void {
    this.#undo = [];
  }

  adopt(): void {
    this.#undo = [];
    for (const queue of this.#topics.values()) {
      queue.trim();
      if (queue.oldest === undefined) this.#topics.delete(queue.topic);
    }
  }

  rollback(): void {
    for (const undo of this.#undo.toReversed()) undo();
    this.#undo = [];
  }

  #queueOf(topic: string): TopicQueue {
    const known = this.#topics.get(topic);
    if (known !== undefined) return known;
    const queue = new TopicQueue(topic);
    this.#topics.set(topic, queue);
    return queue;
  }

  #append(chunk: ChunkInfo): TopicQueue {
    const queue = this.#queueOf(chunk.topic);
    queue.push(chunk);
    this.#count(chunk, 1);
    return queue;
  }

  /** The best of the topics' oldest chunks that are not pinned. */
  #best(
    isPinned: IsPinned,
    isBetter: (one: ChunkInfo, other: ChunkInfo, rankOfOne: number, rankOfOther: number) => boolean,
  ): Place | undefined {
    let best: Place | undefined;
    for (const queue of this.#topics.values()) {
      const place = queue.firstThatIsNot(isPinned);
      if (place === undefined) continue;
      if (best === undefined || isBetter(place.chunk, best.chunk, queue.rank, best.queue.rank)) best = place;
    }
    return best;
  }

  #remove({ queue, index, chunk }: Place): ChunkInfo {
    queue.removeAt(index);
    this.#count(chunk, -1);
    this.#undo.push(() => {
      queue.insertAt(index, chunk);
      this.#count(chunk, 1);
    });
    return chunk;
  }

  #count({ count, pageBytes }: ChunkInfo, sign: 1 | -1): void {
    this.#records += sign * count;
    this.#bytes += sign * pageBytes;
  }
}

export interface TopicSum {
  readonly topic: string;
  readonly records: number;
  readonly bytes: number;
  readonly oldest: ChunkInfo;
}

interface Place {
  readonly queue: TopicQueue;
  readonly index: number;
  readonly chunk: ChunkInfo;
}

/** The chunks of one topic. Indexes count from the oldest. */
class TopicQueue {
  readonly topic: string;
  readonly rank: number;
  records = 0;
  bytes = 0;
  /** What lies before `#head` has gone. */
  #chunks: (ChunkInfo | undefined)[] = [];
  #head = 0;

  constructor(topic: string) {
    this.topic = topic;
    this.rank = evictionRank(topic);
  }

  get oldest(): ChunkInfo | undefined {
    return this.at(0);
  }

  at(index: number): ChunkInfo | undefined {
    return this.#chunks[this.#head + index];
  }

  firstThatIsNot(isPinned: IsPinned): Place | undefined {
    for (let index = 0; ; index++) {
      const chunk = this.at(index);
      if (chunk === undefined) return undefined;
      if (!isPinned(chunk)) return { queue: this, index, chunk };
    }
  }

  push(chunk: ChunkInfo): void {
    this.#chunks.push(chunk);
    this.#count(chunk, 1);
  }

  pop(): void {
    this.#count(this.#chunks.pop() as ChunkInfo, -1);
  }

  /** Moves up what is before it, which is little: what is pinned. */
  removeAt(index: number): void {
    this.#count(this.at(index) as ChunkInfo, -1);
    this.#chunks.copyWithin(this.#head + 1, this.#head, this.#head + index);
    this.#chunks[this.#head] = undefined;
    this.#head += 1;
  }

  /** Takes `removeAt` back. */
  insertAt(index: number, chunk: ChunkInfo): void {
    this.#head -= 1;
    this.#chunks.copyWithin(this.#head, this.#head + 1, this.#head + 1 + index);
    this.#chunks[this.#head + index] = chunk;
    this.#count(chunk, 1);
  }

  /** Gives back the room of what has gone, once it is the greater part: each chunk is moved once for one that went. */
  trim(): void {
    if (this.#head * 2 < this.#chunks.length || this.#head === 0) return;
    this.#chunks = this.#chunks.slice(this.#head);
    this.#head = 0;
  }

  #count({ count, pageBytes }: ChunkInfo, sign: 1 | -1): void {
    this.records += sign * count;
    this.bytes += sign * pageBytes;
  }
}
