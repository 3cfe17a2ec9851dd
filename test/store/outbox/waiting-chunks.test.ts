import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type ChunkInfo, WaitingChunks } from '../../../src/store/outbox/waiting-chunks.ts';
import { evictionRank } from '../../../src/topics/topic-table.ts';
import { seededRandom } from '../../fake/seeded-random.ts';
import { CYCLES, HEALTH, LIFECYCLE, OBSERVED } from '../commit-rows.ts';

const TOPICS = [OBSERVED, CYCLES, LIFECYCLE, 'collector/other/things', HEALTH];
const NEVER = () => false;
const ALWAYS = () => true;

/** What a list that walks everything would say. */
class PlainChunks {
  chunks: ChunkInfo[] = [];

  removeOldest(isPinned: (chunk: ChunkInfo) => boolean): ChunkInfo | undefined {
    return this.#remove(this.chunks.find((chunk) => !isPinned(chunk)));
  }

  removeLeastImportant(isPinned: (chunk: ChunkInfo) => boolean): ChunkInfo | undefined {
    const free = this.chunks.filter((chunk) => !isPinned(chunk));
    return this.#remove(free.toSorted((a, b) => evictionRank(a.topic) - evictionRank(b.topic))[0]);
  }

  #remove(chunk: ChunkInfo | undefined): ChunkInfo | undefined {
    this.chunks = this.chunks.filter((other) => other !== chunk);
    return chunk;
  }
}

describe('waiting chunks', () => {
  for (const seed of [1, 2, 3, 4, 5]) {
    test(`are what a plain list of them would be, whatever comes, goes and is taken back (seed ${seed})`, () => {
      const random = seededRandom(seed);
      const below = (count: number) => Math.floor(random() * count);
      const plain = new PlainChunks();
      const waiting = new WaitingChunks([]);
      let nextSeq = 1;
      for (let transaction = 0; transaction < 300; transaction++) {
        const before = plain.chunks;
        const pinned = { from: before[0]?.firstSeq ?? 0, to: before[below(4)]?.firstSeq ?? 0 };
        const isPinned = ({ firstSeq }: ChunkInfo) => firstSeq >= pinned.from && firstSeq <= pinned.to;
        waiting.begin();
        for (let change = below(12); change > 0; change--) {
          const what = below(10);
          if (what < 5) {
            const chunk = chunkAt(nextSeq, TOPICS[below(TOPICS.length)] as string, 1 + below(9));
            plain.chunks = [...plain.chunks, chunk];
            waiting.append(chunk);
            nextSeq += chunk.count;
          } else if (what < 7) {
            assert.deepEqual(waiting.removeOldest(NEVER, ALWAYS), plain.removeOldest(NEVER));
          } else if (what < 8) {
            assert.deepEqual(waiting.removeOldest(isPinned, ALWAYS), plain.removeOldest(isPinned));
          } else {
            assert.deepEqual(waiting.removeLeastImportant(isPinned), plain.removeLeastImportant(isPinned));
          }
          assertSame(waiting, plain);
        }
        if (below(3) === 0) {
          waiting.rollback();
          plain.chunks = before;
        } else waiting.adopt();
        assertSame(waiting, plain);
        assertSame(new WaitingChunks(plain.chunks), plain);
      }
    });
  }

  test('leave the oldest where it is when it is not to go', () => {
    const waiting = new WaitingChunks([chunkAt(1, OBSERVED, 2), chunkAt(3, HEALTH, 2)]);
    assert.equal(
      waiting.removeOldest(NEVER, ({ firstSeq }) => firstSeq > 1),
      undefined,
    );
    assert.equal(waiting.records, 4);
  });
});

function chunkAt(firstSeq: number, topic: string, count: number): ChunkInfo {
  return { firstSeq, topic, senderId: 's', committedAtMillis: firstSeq, count, pageBytes: 100 * count };
}

function assertSame(waiting: WaitingChunks, { chunks }: PlainChunks): void {
  assert.deepEqual([...waiting.inOrder()], chunks);
  assert.deepEqual(waiting.first, chunks[0]);
  const records = (of: readonly ChunkInfo[]) => of.reduce((sum, { count }) => sum + count, 0);
  const bytes = (of: readonly ChunkInfo[]) => of.reduce((sum, { pageBytes }) => sum + pageBytes, 0);
  assert.deepEqual([waiting.records, waiting.bytes], [records(chunks), bytes(chunks)]);
  const byTopic = [...Map.groupBy(chunks, ({ topic }) => topic)];
  assert.deepEqual(
    waiting.topics,
    byTopic.map(([topic, of]) => ({ topic, records: records(of), bytes: bytes(of), oldest: of[0] })),
  );
}
