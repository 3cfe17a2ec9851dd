import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import * as fc from 'fast-check';
import type { ExecutableFile } from '../../../../src/process/enumerate/linux/executable-files.ts';
import { parseExecutablePath } from '../../../../src/process/enumerate/linux/executable-files.ts';
import { ArgumentCounter, parseCmdline } from '../../../../src/process/enumerate/linux/parse-cmdline.ts';
import { parseIo } from '../../../../src/process/enumerate/linux/parse-io.ts';
import { createStatFields, parseStat, STAT } from '../../../../src/process/enumerate/linux/parse-stat.ts';
import { parseStatus } from '../../../../src/process/enumerate/linux/parse-status.ts';
import { namespaceInode } from '../../../../src/process/enumerate/linux/read-details.ts';
import {
  anyBytes,
  anyOf,
  comm,
  damaged,
  pathBytes,
  RUNS,
  type StatModel,
  type StatusModel,
  statModel,
  statText,
  statusModel,
  statusText,
} from './kernel-texts.ts';

suite('/proc/PID/stat, of any process', () => {
  const fields = createStatFields();
  const buffer = Buffer.alloc(4_096);

  /** Whether the first `length` bytes in the buffer are a line; `fields` holds it then. What follows them is still there. */
  const parseCut = (length: number) => {
    fields.values.fill(-7);
    return parseStat(buffer, length, fields);
  };
  const parse = (text: string) => {
    buffer.write(`${text} 9 9) S 9 9\n`, 0, 'latin1');
    return parseCut(text.length);
  };
  const name = () => buffer.toString('latin1', fields.commStart, fields.commEnd);
  const NUMBERS = Object.values(STAT).filter((field) => field !== STAT.STATE);
  const valueIn = ({ fields: given }: StatModel, field: number) => Number(given[field - 3]);

  test('gives back every value it was made of', () => {
    fc.assert(
      fc.property(statModel, (model) => {
        assert.ok(parse(statText(model)));
        assert.equal(name(), model.comm);
        assert.equal(String.fromCharCode(fields.values[STAT.STATE] as number), model.fields[0]);
        for (const field of NUMBERS) assert.equal(fields.values[field], valueIn(model, field), `field ${field}`);
      }),
      RUNS,
    );
  });

  test('gives, cut anywhere, no field another value: all up to the memory, or nothing; behind it the value, or 0', () => {
    fc.assert(
      fc.property(statModel, (model) => {
        const text = statText(model);
        const expected = NUMBERS.map((field) => valueIn(model, field));
        const isRight = (field: number, index: number) =>
          fields.values[field] === expected[index] || (fields.values[field] === 0 && field > STAT.RSS_PAGES);
        parse(text);
        for (let length = 0; length < text.length; length++) {
          if (!parseCut(length)) continue;
          assert.equal(String.fromCharCode(fields.values[STAT.STATE] as number), model.fields[0]);
          assert.ok(fields.commEnd - fields.commStart === model.comm.length && NUMBERS.every(isRight));
        }
      }),
      RUNS,
    );
  });

  test('has every field but the name where it was, whatever a process calls itself', () => {
    fc.assert(
      fc.property(statModel, comm, (model, other) => {
        assert.ok(parse(statText(model)));
        const before = [...fields.values];
        assert.ok(parse(statText({ ...model, comm: other })));
        assert.equal(name(), other);
        assert.ok(before.every((value, field) => fields.values[field] === value));
      }),
      RUNS,
    );
  });

  test('is numbers and a name within it, or nothing, for any bytes', () => {
    fc.assert(
      fc.property(fc.oneof(anyBytes, damaged(statModel.map(statText)), anyOf('(', ') ', 'S 1 ', '-1 ')), (text) => {
        if (!parse(text)) return;
        assert.ok(fields.commStart <= fields.commEnd && fields.commEnd < text.length);
        assert.ok(fields.values.every((value, field) => field < STAT.STATE || Number.isFinite(value)));
      }),
      RUNS,
    );
  });
});

suite('/proc/PID/status, of any process', () => {
  const fieldsOf = (model: StatusModel) => {
    const [realUserId, userId, savedUserId, filesystemUserId] = model.uids;
    const [realGroupId, groupId, savedGroupId, filesystemGroupId] = model.gids;
    return {
      realUserId,
      userId,
      savedUserId,
      filesystemUserId,
      realGroupId,
      groupId,
      savedGroupId,
      filesystemGroupId,
      namespacePids: model.namespacePids,
      effectiveCapabilities: model.effectiveCapabilities,
      noNewPrivileges: model.noNewPrivileges,
      ...(model.seccompMode !== undefined && { seccompMode: model.seccompMode }),
      ...(model.swapKibibytes !== undefined && { swapBytes: model.swapKibibytes * 1024 }),
      voluntarySwitches: model.voluntarySwitches,
      involuntarySwitches: model.involuntarySwitches,
    };
  };
  const isPartOf = (part: object, whole: object) => {
    const known: ReadonlyMap<string, unknown> = new Map(Object.entries(whole));
    return Object.entries(part).every(([key, value]) => String(value) === String(known.get(key)));
  };

  test('gives back every value it was made of, whatever the process calls itself', () => {
    fc.assert(
      fc.property(statusModel, (model) => {
        assert.deepEqual(parseStatus(statusText(model)), fieldsOf(model));
      }),
      RUNS,
    );
  });

  test('gives, cut anywhere, each field its value or none', () => {
    fc.assert(
      fc.property(statusModel, fc.nat(), (model, place) => {
        const text = statusText(model);
        const expected = fieldsOf(model);
        const start = place % text.length;
        for (let length = start; length < Math.min(start + 24, text.length); length++) {
          const cut = text.slice(0, length);
          assert.ok(isPartOf(parseStatus(cut), expected), JSON.stringify(cut));
        }
      }),
      RUNS,
    );
  });

  const labels = ['\nUid:\t', '\nGid:\t', '\nNStgid:\t', '\nCapEff:\t', '\nSeccomp:\t', '\nVmSwap:\t', ' kB'];

  test('is whole numbers and digits, or nothing, for any bytes', () => {
    fc.assert(
      fc.property(fc.oneof(anyBytes, damaged(statusModel.map(statusText)), anyOf(...labels)), (text) => {
        for (const [name, value] of Object.entries(parseStatus(text))) {
          if (name === 'effectiveCapabilities') assert.match(String(value), /^[0-9a-f]{16}$/);
          else for (const one of [value].flat()) assert.ok(one === true || one === false || isCount(one), name);
        }
      }),
      RUNS,
    );
  });
});

suite('/proc/PID/cmdline, of any process', () => {
  const argument = fc.oneof(
    fc.constantFrom('', 'sh', '-c', 'a b', '\n', '\xff'),
    anyBytes.map((text) => text.replaceAll('\0', '').slice(0, 40)),
  );
  const argumentList = fc.array(argument, { maxLength: 9 });
  const limits = fc.record({ maxArgs: fc.integer({ min: 1, max: 8 }), maxBytes: fc.integer({ min: 1, max: 60 }) });
  const NO_LIMITS = { maxArgs: Infinity, maxBytes: Infinity };
  const bytesOf = (text: string) => Buffer.from(text, 'latin1');
  const asGiven = (args: readonly string[]) => args.map((one) => `${one}\0`).join('');
  const parse = (text: string, within = NO_LIMITS) => {
    const { args, truncated } = parseCmdline(bytesOf(text), within);
    return { args: args.map((one) => bytesOf('').toString.call(one, 'latin1')), truncated };
  };

  test('gives back the arguments of an exec, each whole', () => {
    fc.assert(
      fc.property(argumentList, (args) => assert.deepEqual(parse(asGiven(args)), { args, truncated: false })),
      RUNS,
    );
  });

  test('is cut between arguments, never beyond the limits, and says so exactly when it is', () => {
    fc.assert(
      fc.property(argumentList, limits, (given, within) => {
        const { args, truncated } = parse(asGiven(given), within);
        const bytes = args.join('').length;
        assert.ok(args.length <= within.maxArgs && bytes <= within.maxBytes);
        assert.equal(truncated, args.length < given.length || args.join('') !== given.join(''));
        const whole = args.every((one, index) => one === given[index]);
        // Only a first argument that is too long by itself is cut.
        assert.ok(whole || (args.length === 1 && args[0] === given[0]?.slice(0, within.maxBytes)));
        const next = given[args.length];
        if (truncated && whole)
          assert.ok(args.length === within.maxArgs || bytes + (next ?? '').length > within.maxBytes);
      }),
      RUNS,
    );
  });

  test('gives, cut anywhere, the arguments before, and of the last one what there is', () => {
    fc.assert(
      fc.property(argumentList, fc.nat(), (given, place) => {
        const text = asGiven(given);
        const { args } = parse(text.slice(0, place % (text.length + 1)));
        const last = args.pop();
        assert.deepEqual(args, given.slice(0, args.length));
        assert.ok(last === undefined || given[args.length]?.startsWith(last));
      }),
      RUNS,
    );
  });

  const pieces = fc.array(anyOf('\0', '\0\0', 'sh', '-c'), { maxLength: 6 });

  test('is counted the same in whatever pieces it comes', () => {
    fc.assert(
      fc.property(pieces, (parts) => {
        const [one, other] = [new ArgumentCounter(), new ArgumentCounter()];
        one.add(bytesOf(parts.join('')));
        for (const part of parts) other.add(bytesOf(part));
        assert.deepEqual([other.count, other.bytes, other.rewritten], [one.count, one.bytes, one.rewritten]);
      }),
      RUNS,
    );
  });

  test('has as many arguments as were given, and as many without the padding behind a title', () => {
    fc.assert(
      fc.property(argumentList, fc.integer({ min: 3, max: 20 }), (given, padding) => {
        const counter = new ArgumentCounter();
        const text = asGiven(given);
        counter.add(bytesOf(text));
        // Two empty arguments at the end cannot be told from padding.
        const ordinary = !/(?:^|[^\0])\0{3,}$/.test(text);
        if (ordinary)
          assert.deepEqual([counter.count, counter.bytes, counter.rewritten], [given.length, text.length, false]);
        const title = text.replace(/\0+$/, '');
        const padded = new ArgumentCounter();
        padded.add(bytesOf(title + '\0'.repeat(padding)));
        assert.deepEqual([padded.bytes, padded.rewritten], [title.length + 1, true]);
        assert.equal(padded.count, parse(`${title}\0`).args.length);
      }),
      RUNS,
    );
  });
});

suite('/proc/PID/io, of any process', () => {
  const model = fc.record({ readBytes: fc.maxSafeNat(), writtenBytes: fc.maxSafeNat(), cancelled: fc.maxSafeNat() });
  const textOf = ({
    readBytes,
    writtenBytes,
    cancelled,
  }: {
    readBytes: number;
    writtenBytes: number;
    cancelled: number;
  }) =>
    `rchar: 1\nwchar: 2\nsyscr: 3\nsyscw: 4\nread_bytes: ${readBytes}\nwrite_bytes: ${writtenBytes}\n` +
    `cancelled_write_bytes: ${cancelled}\n`;

  test('gives back what it was made of', () => {
    fc.assert(
      fc.property(model, (values) => {
        const { readBytes, writtenBytes } = values;
        assert.deepEqual(parseIo(textOf(values)), { readBytes, writtenBytes });
      }),
      RUNS,
    );
  });

  test('gives, cut anywhere, each field its value or none', () => {
    fc.assert(
      fc.property(model, (values) => {
        const text = textOf(values);
        for (let length = 0; length < text.length; length++) {
          const { readBytes = values.readBytes, writtenBytes = values.writtenBytes } = parseIo(text.slice(0, length));
          assert.ok(readBytes === values.readBytes && writtenBytes === values.writtenBytes, text.slice(0, length));
        }
      }),
      RUNS,
    );
  });

  test('is counters or nothing for any bytes', () => {
    const text = fc.oneof(anyBytes, damaged(model.map(textOf)), anyOf('read_bytes: ', 'write_bytes: ', 'cancelled_'));
    fc.assert(
      fc.property(text, (any) => {
        assert.ok(Object.values(parseIo(any)).every(isCount));
      }),
      RUNS,
    );
  });
});

suite('the link of a namespace', () => {
  const kind = fc.constantFrom('pid', 'mnt', 'net', 'user', 'pid_for_children');

  test('gives back its inode; cut anywhere, nothing', () => {
    fc.assert(
      fc.property(kind, fc.integer({ min: 1, max: 2 ** 32 - 1 }), (name, inode) => {
        const target = `${name}:[${inode}]`;
        assert.equal(namespaceInode(target), inode);
        for (let length = 0; length < target.length; length++) {
          assert.equal(namespaceInode(target.slice(0, length)), undefined);
        }
      }),
      RUNS,
    );
  });

  test('is the decimal number between its brackets, or nothing, for any bytes', () => {
    const text = fc.oneof(anyBytes, anyOf('pid:[', ']', '4026531836', '0x10', '1e3', '.5', ' '));
    fc.assert(
      fc.property(text, (any) => {
        const inode = namespaceInode(any);
        if (inode !== undefined) assert.match(any, new RegExp(`:\\[0*${inode}\\]$`));
      }),
      RUNS,
    );
  });
});

suite('the link to an executable', () => {
  const NOWHERE = '/nonexistent/1';
  const UNLINKED: ExecutableFile = {
    version: '1:2:3:4:5',
    device: 1,
    inode: 2,
    bytes: 3,
    modifiedMillis: 4,
    exists: false,
    worldWritable: false,
  };
  const LINKED_ELSEWHERE = { ...UNLINKED, exists: true };
  const anyFile = fc.constantFrom(undefined, UNLINKED, LINKED_ELSEWHERE);

  test('of a deleted file is its path without the mark, whatever the path is', () => {
    fc.assert(
      fc.property(pathBytes, anyFile, (path, file) => {
        const parsed = parseExecutablePath(`${path} (deleted)`, file, NOWHERE);
        assert.deepEqual(parsed, { path, deleted: true, memfd: path.startsWith('/memfd:') && file?.exists !== true });
      }),
      RUNS,
    );
  });

  test('of any other file is its path', () => {
    fc.assert(
      fc.property(pathBytes, anyFile, (path, file) => {
        if (path.endsWith(' (deleted)')) return;
        assert.deepEqual(parseExecutablePath(path, file, NOWHERE), { path, deleted: false, memfd: false });
      }),
      RUNS,
    );
  });
});

function isCount(value: unknown): boolean {
  return typeof value === 'number' && value >= 0 && value === Math.floor(value);
}
