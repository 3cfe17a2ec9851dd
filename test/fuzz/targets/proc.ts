import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { escapeForDisplay, escapeJsonForDisplay } from '../../../src/base/escape-for-display.ts';
import { cutArguments, cutText } from '../../../src/process/enumerate/cut-text.ts';
import { decodeText } from '../../../src/process/enumerate/decode-text.ts';
import { parseCgroup } from '../../../src/process/enumerate/linux/parse-cgroup.ts';
import { ArgumentCounter, parseCmdline } from '../../../src/process/enumerate/linux/parse-cmdline.ts';
import { parseIo } from '../../../src/process/enumerate/linux/parse-io.ts';
import { hidepidMode, parseAuxv, parseKernelStat } from '../../../src/process/enumerate/linux/parse-kernel.ts';
import { createStatFields, parseStat } from '../../../src/process/enumerate/linux/parse-stat.ts';
import { parseStatus } from '../../../src/process/enumerate/linux/parse-status.ts';
import { parseNames } from '../../../src/process/name-database.ts';
import { statModel, statText, statusModel, statusText } from '../../process/enumerate/linux/kernel-texts.ts';
import type { FuzzTarget } from '../fuzz-target.ts';
import { assertCount, assertDisplayable, assertPrototypesClean } from '../invariants.ts';

/** The first byte of an input says which parser reads the rest. */
const PARSERS: readonly (readonly [letter: string, check: (bytes: Uint8Array) => void])[] = [
  ['s', checkStat],
  ['u', checkStatus],
  ['a', checkArguments],
  ['g', checkCgroup],
  ['i', checkIo],
  ['k', checkKernelStat],
  ['x', checkAuxv],
  ['m', checkMountinfo],
  ['n', checkNames],
  ['t', checkText],
];

export const target: FuzzTarget = {
  name: 'proc',
  seeds: [...capturedSeeds(), ...modelledSeeds(), ...otherSeeds().map((text) => Buffer.from(text, 'latin1'))],
  words: [
    ...PARSERS.map(([letter]) => letter),
    ' (',
    ') ',
    ')',
    ' S ',
    '\n',
    '\0',
    '\t',
    ':',
    '\nUid:\t',
    '\nNStgid:\t',
    '\nCapEff:\t',
    '\nVmSwap:\t',
    ' kB\n',
    'read_bytes: ',
    'write_bytes: ',
    'btime ',
    'processes ',
    '0::/',
    'name=systemd:',
    ' (deleted)',
    '.slice',
    '.scope',
    'kubepods-burstable-pod',
    'docker-',
    'lxc.payload.',
    'user@1000.service',
    '/../',
    '0123456789abcdef'.repeat(4),
    ' - proc proc rw,hidepid=',
    'invisible',
    '\\040',
    '/proc',
    'root:x:0:',
    '+',
    '#',
    '\u202e',
    '\u001b[2J',
    '\ufeff',
    '\u2028',
    '\u00e9',
    '\ud83d\ude00',
    '__proto__',
    '17',
    '-',
  ],
  maxInputBytes: 512 * 1024,
  async start() {
    return (input) => {
      const [, check] =
        PARSERS.find(([letter]) => letter.charCodeAt(0) === input[0]) ??
        PARSERS[(input[0] ?? 0) % PARSERS.length] ??
        [];
      check?.(input.subarray(1));
      assertPrototypesClean();
    };
  },
};

/** Files of a real host. */
function capturedSeeds(): Uint8Array[] {
  const letters: Readonly<Record<string, string>> = { stat: 's', status: 'u', cmdline: 'a', cgroup: 'g', io: 'i' };
  const archive = readFileSync(new URL('../../fixtures/proc/host.txt', import.meta.url), 'utf8');
  return archive.split(/^== /m).flatMap((entry) => {
    const [head = '', ...lines] = entry.split('\n');
    const name = head.split(' ')[0]?.split('/').at(-1) ?? '';
    const letter = head.startsWith('stat') ? 'k' : letters[name];
    const text = lines.join('\n').replaceAll('\\0', '\0');
    return letter === undefined ? [] : [Buffer.from(`${letter}${text}`, 'latin1')];
  });
}

function modelledSeeds(): Uint8Array[] {
  const options = { seed: 1, numRuns: 100 };
  const stats = fc.sample(statModel, options).map((model) => `s${statText(model)}`);
  const statuses = fc.sample(statusModel, options).map((model) => `u${statusText(model)}`);
  return [...stats, ...statuses].map((text) => Buffer.from(text, 'latin1'));
}

function otherSeeds(): string[] {
  const id = '0123456789abcdef'.repeat(4);
  return [
    'irchar: 1\nwchar: 2\nsyscr: 3\nsyscw: 4\nread_bytes: 4096\nwrite_bytes: 8192\ncancelled_write_bytes: 0\n',
    `x${Buffer.from(BigUint64Array.of(6n, 4096n, 17n, 100n, 0n, 0n).buffer).toString('latin1')}`,
    'm24 30 0:22 / /proc rw,nosuid shared:5 - proc proc rw,hidepid=2\n25 30 0:23 / /sys\\040x rw - sysfs sysfs rw\n',
    'nroot:x:0:0:root:/root:/bin/sh\n+::::::\n#c\nwww-data:x:33:33::/:/bin/false\n',
    `g12:cpu:/docker/${id}\n1:name=systemd:/system.slice/docker-${id}.scope\n0::/user.slice/user-1000.slice/user@1000.service/app.slice/a.scope\n`,
    'g0::/kubepods.slice/kubepods-burstable-pod01234567_89ab_cdef_0123_456789abcdef.slice/cri-containerd-' +
      id +
      '.scope\n',
    'a/usr/bin/curl\0-s\0http://h/\u00ff\0\0\0\0',
    't\u001b[2J\u00e2\u0080\u00ae plain \u00ff\u00fe',
  ];
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}

function checkStat(bytes: Uint8Array): void {
  const fields = createStatFields();
  if (!parseStat(bytes, bytes.length, fields)) return;
  assert.ok(0 < fields.commStart && fields.commStart <= fields.commEnd && fields.commEnd < bytes.length);
  assert.ok(fields.values.every((value) => !Number.isNaN(value)));
  checkText(bytes.subarray(fields.commStart, fields.commEnd));
}

function checkStatus(bytes: Uint8Array): void {
  const { namespacePids = [], effectiveCapabilities, noNewPrivileges, ...counts } = parseStatus(latin1(bytes));
  for (const value of [...namespacePids, ...Object.values(counts)]) assert.ok(typeof value === 'number' && value >= 0);
  if (effectiveCapabilities !== undefined) assert.match(effectiveCapabilities, /^[0-9a-f]{16}$/);
  assert.ok(noNewPrivileges === undefined || typeof noNewPrivileges === 'boolean');
}

const ARGUMENT_LIMITS = { maxArgs: 256, maxBytes: 8_192 };

function checkArguments(bytes: Uint8Array): void {
  const { args, truncated } = parseCmdline(bytes, ARGUMENT_LIMITS);
  const total = args.reduce((sum, { length }) => sum + length, 0);
  assert.ok(args.length <= ARGUMENT_LIMITS.maxArgs && total <= ARGUMENT_LIMITS.maxBytes);
  const joined = Buffer.concat(args.flatMap((argument) => [argument, Buffer.of(0)]));
  const begins = Buffer.from(bytes.subarray(0, joined.length)).equals(
    joined.subarray(0, Math.min(joined.length, bytes.length)),
  );
  assert.ok(begins || truncated, 'the arguments are not what the file begins with');
  const counter = new ArgumentCounter();
  const half = Math.floor(bytes.length / 2);
  counter.add(bytes.subarray(0, half));
  counter.add(bytes.subarray(half));
  assertCount(counter.count);
  assert.ok(counter.bytes <= bytes.length && counter.count <= bytes.length);
  const texts = args.map((argument) => decodeText(argument).text);
  const cut = cutArguments(texts, 100);
  assert.ok(cut.reduce((sum, text) => sum + Buffer.byteLength(text), 0) <= 100);
}

function checkCgroup(bytes: Uint8Array): void {
  const { containerId, podUid, systemdUnit, systemdUserUnit, systemdSlice } = parseCgroup(latin1(bytes));
  if (containerId !== undefined) assert.match(containerId, /^[0-9A-Za-z][0-9A-Za-z_.-]*$/);
  if (podUid !== undefined) assert.match(podUid, /^[0-9a-f-]{32,36}$/);
  for (const name of [systemdUnit, systemdUserUnit, systemdSlice]) {
    if (name !== undefined) assert.ok(name.length <= 255 && /^[\w:.\\@-]+$/.test(name), JSON.stringify(name));
  }
}

function checkIo(bytes: Uint8Array): void {
  for (const value of Object.values(parseIo(latin1(bytes)))) assertCount(value as number);
}

function checkKernelStat(bytes: Uint8Array): void {
  const stat = parseKernelStat(latin1(bytes));
  assert.ok(stat === undefined || (stat.bootTimeSeconds >= 0 && stat.tasksCreated >= 0));
}

function checkAuxv(bytes: Uint8Array): void {
  const units = parseAuxv(bytes);
  assert.ok(units === undefined || (units.pageBytes > 0 && units.ticksPerSecond > 0));
}

function checkMountinfo(bytes: Uint8Array): void {
  const mode = hidepidMode(latin1(bytes), '/proc');
  assert.ok(['off', 'noaccess', 'invisible', 'ptraceable'].includes(mode));
}

function checkNames(bytes: Uint8Array): void {
  for (const [id, name] of parseNames(Buffer.from(bytes).toString('utf8'))) {
    assertCount(id);
    assert.ok(name !== '' && !/[:\n]/.test(name));
  }
}

function checkText(bytes: Uint8Array): void {
  const { text, escaped } = decodeText(bytes);
  assert.ok(text.isWellFormed());
  assert.ok(text.length <= 4 * bytes.length);
  if (!escaped) assert.ok(Buffer.from(text, 'utf8').equals(bytes));
  assertDisplayable(escapeForDisplay(text));
  const json = escapeJsonForDisplay(JSON.stringify(text));
  assertDisplayable(json);
  assert.equal(JSON.parse(json), text);
  const cut = cutText(text, 64);
  assert.ok(Buffer.byteLength(cut) <= 64 && text.startsWith(cut) && cut.isWellFormed());
}
