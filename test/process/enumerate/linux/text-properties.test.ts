import assert from 'node:assert/strict';
import { isUtf8 } from 'node:buffer';
import { suite, test } from 'node:test';
import * as fc from 'fast-check';
import type { ProcessFigures } from '../../../../src/event/process-row.ts';
import { decodeText } from '../../../../src/process/enumerate/decode-text.ts';
import { parseNames } from '../../../../src/process/name-database.ts';
import { terminalName } from '../../../../src/process/terminal-name.ts';
import { decodeFigures, encodeFigures } from '../../../../src/store/figures-codec.ts';
import { anyBytes, anyOf, damaged, RUNS, STATES } from './kernel-texts.ts';

suite('text from any bytes', () => {
  const character = fc.string({ unit: 'binary', minLength: 1, maxLength: 1 });
  const lead = fc.constantFrom(0xc0, 0xc2, 0xdf, 0xe0, 0xe1, 0xed, 0xef, 0xf0, 0xf1, 0xf4, 0xf5, 0xff);
  const piece = fc.oneof(
    character.map((text) => [...Buffer.from(text)]),
    fc
      .tuple(lead, fc.array(fc.integer({ min: 0x7f, max: 0xc0 }), { maxLength: 3 }))
      .map(([first, rest]) => [first, ...rest]),
    fc.uint8Array({ maxLength: 4 }).map((bytes) => [...bytes]),
  );
  const bytes = fc.array(piece, { maxLength: 8 }).map((parts) => Buffer.from(parts.flat()));

  /** The longest character that Node.js takes for one, else an escaped byte: another way to the same. */
  const reference = (given: Buffer) => {
    let text = '';
    for (let start = 0; start < given.length; ) {
      const length = [1, 2, 3, 4].find((count) => {
        const part = given.subarray(start, start + count);
        return part.length === count && isUtf8(part);
      });
      if (length === undefined) text += `\\x${given.toString('hex', start, start + 1)}`;
      else text += given.toString('utf8', start, start + length);
      start += length ?? 1;
    }
    return text;
  };

  test('is what another decoder makes of it, each bad byte escaped, and says whether there was one', () => {
    fc.assert(
      fc.property(bytes, (given) => {
        assert.deepEqual(decodeText(given), { text: reference(given), escaped: !isUtf8(given) });
      }),
      RUNS,
    );
  });

  test('gives every byte back where nothing in it looked escaped before', () => {
    fc.assert(
      fc.property(bytes, (given) => {
        if (given.includes('\\')) return;
        const parts = decodeText(given).text.split(/\\x([0-9a-f]{2})/);
        const back = parts.map((part, index) => Buffer.from(part, index % 2 === 1 ? 'hex' : 'utf8'));
        assert.ok(Buffer.concat(back).equals(given));
      }),
      RUNS,
    );
  });
});

suite('any passwd or group file', () => {
  const name = fc.stringMatching(/^[a-z_][a-z0-9_-]{0,7}$/);
  const entry = fc
    .tuple(name, fc.nat({ max: 2 ** 32 - 1 }), fc.constantFrom('x', '', '*'))
    .map(([who, id, password]) => ({
      line: `${who}:${password}:${id}:${id}:Some One,,,:/home/${who}:/bin/sh\n`,
      known: [id, who] as const,
    }));
  const other = fc
    .constantFrom(
      '#root:x:0:0\n',
      '+::::::\n',
      '-bob\n',
      '\n',
      ':x:5:\n',
      'noid:x::\n',
      'minus:x:-1:\n',
      'hex:x:0x9:\n',
    )
    .map((line) => ({ line, known: undefined }));
  const file = fc.array(fc.oneof({ weight: 3, arbitrary: entry }, other), { maxLength: 8 }).map((lines) => ({
    text: lines.map(({ line }) => line).join(''),
    // The first of an id wins.
    names: new Map(
      lines
        .map(({ known }) => known)
        .filter((known) => known !== undefined)
        .toReversed(),
    ),
  }));

  test('gives back the names it was made of', () => {
    fc.assert(
      fc.property(file, ({ text, names }) => {
        const parsed = parseNames(text);
        assert.equal(parsed.size, names.size);
        for (const [id, known] of names) assert.equal(parsed.get(id), known);
      }),
      RUNS,
    );
  });

  test('gives, cut anywhere, each id its name or none', () => {
    fc.assert(
      fc.property(file, ({ text, names }) => {
        for (let length = Math.max(0, text.length - 60); length < text.length; length++) {
          for (const [id, told] of parseNames(text.slice(0, length))) {
            assert.equal(told, names.get(id), text.slice(0, length));
          }
        }
      }),
      RUNS,
    );
  });

  test('is whole ids and names that are not empty for any bytes', () => {
    fc.assert(
      fc.property(
        fc.oneof(anyBytes, damaged(file.map(({ text }) => text)), anyOf('root', ':x:', ':0:', '#', '+')),
        (any) => {
          for (const [id, told] of parseNames(any)) {
            assert.ok(id >= 0 && id === Math.floor(id) && told.length > 0 && !/[:\n]/.test(told));
          }
        },
      ),
      RUNS,
    );
  });
});

suite('any terminal', () => {
  /** As the kernel prints it: new_encode_dev (include/linux/kdev_t.h), as a signed number. */
  const numberOf = (major: number, minor: number) => (minor & 0xff) | (major << 8) | ((minor & 0xfff00) << 12) | 0;
  const minor = fc.oneof(fc.nat(255), fc.nat({ max: 2 ** 20 - 1 }));

  test('is called by its kind and number', () => {
    fc.assert(
      fc.property(minor, fc.nat(63), fc.nat(191), (pty, console_, serial) => {
        assert.equal(terminalName(numberOf(136, pty)), `pts/${pty}`);
        if (console_ > 0) assert.equal(terminalName(numberOf(4, console_)), `tty${console_}`);
        assert.equal(terminalName(numberOf(4, 64 + serial)), `ttyS${serial}`);
      }),
      RUNS,
    );
  });

  test('has major and minor number for a name where it has no other, and none only without a terminal', () => {
    fc.assert(
      fc.property(fc.nat(4_095), minor, (major, number) => {
        const name = terminalName(numberOf(major, number));
        if (major === 0 && number === 0) assert.equal(name, undefined);
        else if (major !== 4 && (major < 136 || major > 143)) assert.equal(name, `${major}:${number}`);
        else assert.match(name ?? '', /^(?:tty|ttyS|pts\/)\d+$/);
      }),
      RUNS,
    );
  });
});

suite('any figures', () => {
  const figure = fc.option(fc.oneof(fc.integer({ min: -20, max: 99 }), fc.maxSafeNat()), { nil: undefined, freq: 4 });
  const NUMERIC = [
    'userTicks',
    'systemTicks',
    'nice',
    'schedulingPolicy',
    'realtimePriority',
    'threads',
    'virtualMemoryBytes',
    'rssBytes',
    'minorFaults',
    'majorFaults',
    'refreshedAtMillis',
    'swapBytes',
    'readBytes',
    'writtenBytes',
    'voluntarySwitches',
    'involuntarySwitches',
    'oomScore',
    'openFiles',
  ] as const satisfies readonly (keyof ProcessFigures)[];
  const process = fc
    .tuple(
      fc.integer({ min: 1, max: 4_194_304 }),
      fc.option(fc.constantFrom(...STATES), { nil: undefined }),
      fc.array(figure, { minLength: NUMERIC.length, maxLength: NUMERIC.length }),
    )
    .map(([pid, stateCode, values]) => ({
      pid,
      stateCode,
      ...(Object.fromEntries(NUMERIC.map((name, index) => [name, values[index]])) as Omit<ProcessFigures, 'stateCode'>),
    }));
  const processes = fc.uniqueArray(process, { selector: ({ pid }) => pid, maxLength: 4 });

  test('come back from the store as they were, absent ones too', () => {
    fc.assert(
      fc.property(processes, (given) => {
        const decoded = decodeFigures(encodeFigures(given));
        assert.equal(decoded.size, given.length);
        for (const { pid, ...figures } of given) assert.deepEqual(decoded.get(pid), figures);
      }),
      RUNS,
    );
  });
});
