import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { createStatFields, parseStat, STAT } from '../../../../src/process/enumerate/linux/parse-stat.ts';
import { statLine } from './proc-tree.ts';

function parse(line: string) {
  // The reader's buffer goes on with what an earlier file left in it.
  const text = Buffer.from(line, 'latin1');
  const bytes = Buffer.concat([text, Buffer.from(' 9 9) S 9 9\n')]);
  const fields = createStatFields();
  fields.values.fill(-7);
  if (!parseStat(bytes, text.length, fields)) return undefined;
  const values = Object.fromEntries(Object.entries(STAT).map(([name, field]) => [name, fields.values[field]]));
  return { ...values, comm: bytes.toString('latin1', fields.commStart, fields.commEnd) } as Record<
    keyof typeof STAT,
    number
  > & { comm: string };
}

const LINE =
  '53 (python3) Z 48 1 2 34816 -1 4227148 63 0 0 0 11 12 0 0 20 -19 4 0 411428 241188864 2354 18446744073709551615 ' +
  '1 2 140733639239504 0 0 0 0 16781318 0 1 0 0 17 1 0 0 0 0 0 9723336 11027064 677253120 140733639245529 5 6 7 768\n';

suite('/proc/PID/stat', () => {
  test('gives each field from its place', () => {
    assert.deepEqual(parse(LINE), {
      comm: 'python3',
      STATE: 'Z'.charCodeAt(0),
      PPID: 48,
      PGRP: 1,
      SESSION: 2,
      TTY_NR: 34_816,
      FLAGS: 4_227_148,
      MINOR_FAULTS: 63,
      MAJOR_FAULTS: 0,
      UTIME_TICKS: 11,
      STIME_TICKS: 12,
      NICE: -19,
      NUM_THREADS: 4,
      START_TICKS: 411_428,
      VSIZE_BYTES: 241_188_864,
      RSS_PAGES: 2_354,
      START_STACK: 140_733_639_239_504,
      RT_PRIORITY: 0,
      POLICY: 0,
      ARG_START: 140_733_639_245_529,
    });
  });

  for (const comm of [
    '',
    ' ',
    'tmux: server',
    '(sd-pam)',
    ')',
    '((((',
    ') R 1 (',
    ') R 1 1 1 0 -1 4 (',
    'a\nb',
    '\n',
    'x) S 1 1\n9 (y',
    'kworker/u9:0-events_unbound+very_long_work_name',
    'caf\xe9\xff\0',
  ]) {
    test(`takes the name ${JSON.stringify(comm)} for nothing but a name`, () => {
      const parsed = parse(statLine({ pid: 7, comm, ppid: 42, startTicks: 99 }));
      assert.equal(parsed?.comm, comm);
      assert.equal(parsed.PPID, 42);
      assert.equal(parsed.START_TICKS, 99);
    });
  }

  test('takes numbers as large as the kernel can print', () => {
    const parsed = parse(LINE.replace('241188864 2354', '18446744073709551615 9223372036854775807'));
    // As near as a double comes.
    assert.equal(parsed?.VSIZE_BYTES.toPrecision(14), (2 ** 64).toPrecision(14));
    assert.equal(parsed?.RSS_PAGES.toPrecision(14), (2 ** 63).toPrecision(14));
    assert.equal(parse(LINE.replace('411428', '9007199254740991'))?.START_TICKS, Number.MAX_SAFE_INTEGER);
  });

  test('gives the right values or nothing for a line that is cut anywhere', () => {
    const whole = parse(LINE) as Record<string, unknown>;
    let parsedOnes = 0;
    for (let length = 0; length < LINE.length; length++) {
      const parsed = parse(LINE.slice(0, length));
      if (parsed === undefined) continue;
      parsedOnes += 1;
      const { START_STACK, ARG_START, ...required } = parsed;
      assert.ok(START_STACK === 0 || START_STACK === whole['START_STACK'], LINE.slice(0, length));
      assert.ok(ARG_START === 0 || ARG_START === whole['ARG_START'], LINE.slice(0, length));
      for (const [name, value] of Object.entries(required)) assert.equal(value, whole[name], LINE.slice(0, length));
    }
    assert.ok(parsedOnes > 0 && parsedOnes < LINE.length - LINE.indexOf(' 2354 '));
  });

  test('takes the line of a kernel that knows fewer fields, the missing ones as 0', () => {
    const old = `${LINE.split(' ').slice(0, 41).join(' ')}\n`;
    const parsed = parse(old);
    assert.equal(parsed?.START_STACK, 140_733_639_239_504);
    assert.equal(parsed?.ARG_START, 0);
  });

  test('takes a line with more fields than it knows', () => {
    assert.equal(parse(LINE.replace('\n', ' 9 9 9\n'))?.ARG_START, 140_733_639_245_529);
  });

  for (const [story, line] of [
    ['nothing', ''],
    ['no name', '1 2 3 4'],
    ['a name without end', '1 (bash'],
    ['nothing behind the name', '1 (bash)'],
    ['no state', '1 (bash) '],
    ['a state of two letters', LINE.replace(' Z ', ' ZZ ')],
    ['a word among the numbers', LINE.replace('411428', 'soon')],
    ['a lone minus', LINE.replace('-19', '-')],
    ['two spaces', LINE.replace(' 48 ', '  48 ')],
    ['zeros', '\0'.repeat(200)],
  ] as const) {
    test(`takes ${story} for no line`, () => assert.equal(parse(line), undefined));
  }
});
