import assert from 'node:assert/strict';
import { test } from 'node:test';
import { capabilitySet, countOthers, setOf, USED_CAPABILITIES, usedOf } from '../../src/privilege/capabilities.ts';
import {
  deniedAdvice,
  ownRights,
  parseRights,
  type Rights,
  rightsLine,
  rightsText,
} from '../../src/privilege/rights.ts';

const STATUS = [
  'Name:\tnode',
  'Uid:\t1\t2\t3\t4',
  'Gid:\t5\t6\t7\t8',
  'Groups:\t9 10 ',
  'CapInh:\t0000000000000000',
  'CapPrm:\t0000000000080004',
  'CapEff:\t0000000000080000',
  'CapBnd:\t000001ffffffffff',
].join('\n');

function rights(effectiveUserId: number, effective: bigint): Rights {
  return { ...parseRights(STATUS), effectiveUserId, effective };
}

test('reads effective ids and the sets of capabilities', () => {
  assert.deepEqual(parseRights(STATUS), {
    effectiveUserId: 2,
    effectiveGroupId: 6,
    effective: 0x80000n,
    permitted: 0x80004n,
    bounding: 0x1ffffffffffn,
  });
});

test('knows the two capabilities by their numbers in capabilities(7)', () => {
  assert.equal(setOf(USED_CAPABILITIES), (1n << 2n) | (1n << 19n));
  assert.deepEqual(usedOf(capabilitySet('0000000000000004')), ['CAP_DAC_READ_SEARCH']);
  assert.equal(countOthers(capabilitySet('000001ffffffffff')), 39);
});

const BOTH = setOf(USED_CAPABILITIES);
const PHRASES: readonly (readonly [rights: Rights, text: string])[] = [
  [rights(7, BOTH), 'uid 7, with CAP_DAC_READ_SEARCH and CAP_SYS_PTRACE'],
  [rights(7, 0n), 'uid 7, without CAP_DAC_READ_SEARCH and CAP_SYS_PTRACE'],
  [rights(0, 1n), 'uid 0, with 1 other capability, without CAP_DAC_READ_SEARCH and CAP_SYS_PTRACE'],
  [rights(0, BOTH | 3n), 'uid 0, with CAP_DAC_READ_SEARCH, CAP_SYS_PTRACE and 2 more capabilities'],
];
for (const [held, text] of PHRASES) {
  test(`says "${text}"`, () => assert.equal(rightsText(held), text));
}

test('recommends --user to who holds more than the two, root for its files alone, and to nobody else', () => {
  const recommended = /: run --user NAME drops all but those it has a use for/;
  assert.match(rightsLine(rights(7, BOTH | 1n)), recommended);
  assert.match(rightsLine(rights(0, BOTH)), recommended);
  assert.doesNotMatch(rightsLine(rights(7, BOTH)), /--user/);
  assert.doesNotMatch(rightsLine(rights(7, 0n)), /--user/);
});

test('says of what is denied who lacks what, or that it is no capability', () => {
  assert.match(deniedAdvice(rights(7, 4n)), /^uid 7 lacks CAP_SYS_PTRACE: systemd gives it with AmbientCapabilities=/);
  assert.match(deniedAdvice(rights(7, BOTH)), /^no right of this user helps: a security module/);
  assert.match(deniedAdvice(undefined), /^this user lacks CAP_DAC_READ_SEARCH and CAP_SYS_PTRACE/);
});

test('knows its own rights on Linux, and nothing of them elsewhere', () => {
  assert.equal(ownRights()?.effectiveUserId, process.platform === 'linux' ? process.geteuid?.() : undefined);
});
