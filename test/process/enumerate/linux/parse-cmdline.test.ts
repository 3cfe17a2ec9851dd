import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { ArgumentCounter, parseCmdline } from '../../../../src/process/enumerate/linux/parse-cmdline.ts';

const LIMITS = { maxArgs: 4, maxBytes: 20 };

function parse(text: string) {
  const { args, truncated } = parseCmdline(Buffer.from(text, 'latin1'), LIMITS);
  return { args: args.map((argument) => Buffer.from(argument).toString('latin1')), truncated };
}

suite('/proc/PID/cmdline', () => {
  for (const [story, text, args, truncated] of [
    ['nothing', '', [], false],
    ['one argument', 'sh\0', ['sh'], false],
    ['several', 'sh\0-c\0true\0', ['sh', '-c', 'true'], false],
    ['an empty first argument', '\0x\0', ['', 'x'], false],
    ['empty arguments in the middle and at the end', 'grep\0\0-r\0\0', ['grep', '', '-r', ''], false],
    ['nothing but an empty argument', '\0', [''], false],
    ['a title without NUL', 'sshd: user [priv]', ['sshd: user [priv]'], false],
    ['a last argument without NUL', 'sh\0-c', ['sh', '-c'], false],
    ['newlines, quotes and bytes that are not UTF-8', 'a\nb\0"\'\0\xe9\0', ['a\nb', '"\'', '\xe9'], false],
    ['as many arguments as are allowed', '1\x002\x003\x004\0', ['1', '2', '3', '4'], false],
    ['one argument too many', '1\x002\x003\x004\x005\0', ['1', '2', '3', '4'], true],
    ['as many bytes as are allowed', `0123456789\0${'x'.repeat(10)}\0`, ['0123456789', 'x'.repeat(10)], false],
    ['a byte too many, whose argument is left out whole', `0123456789\0${'x'.repeat(11)}\0y\0`, ['0123456789'], true],
    ['a first argument that is too long by itself, cut', `${'x'.repeat(21)}\0y\0`, ['x'.repeat(20)], true],
  ] as const) {
    test(`splits ${story}`, () => assert.deepEqual(parse(text), { args, truncated }));
  }
});

suite('the number of arguments', () => {
  for (const [story, text, count, bytes] of [
    ['nothing', '', 0, 0],
    ['one', 'sh\0', 1, 3],
    ['one without NUL', 'sh', 1, 2],
    ['a last one without NUL', 'sh\0-c', 2, 5],
    ['an empty one', '\0', 1, 1],
    ['an empty one at the end', 'grep\0\0', 2, 6],
    ['empty ones in the middle', 'a\0\0\0\0b\0', 5, 7],
    ['the padding behind a title as none', `nginx: worker process${'\0'.repeat(40)}`, 1, 22],
    ['nothing but padding as one', '\0'.repeat(9), 1, 1],
  ] as const) {
    test(`counts ${story}, in whatever pieces it comes`, () => {
      for (const size of [1, 2, 3, 64]) {
        const counter = new ArgumentCounter();
        for (let start = 0; start < text.length; start += size) {
          counter.add(Buffer.from(text.slice(start, start + size), 'latin1'));
        }
        assert.deepEqual({ count: counter.count, bytes: counter.bytes }, { count, bytes });
      }
    });
  }
});
