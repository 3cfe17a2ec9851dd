import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { decodeText } from '../../../src/process/enumerate/decode-text.ts';

/** Bytes as hex, what they become, and why. */
const CASES: readonly (readonly [story: string, bytes: string, text: string])[] = [
  ['nothing', '', ''],
  ['ASCII, control characters and NUL included', '61 00 0a 1b 7f', 'a\0\n\x1b\x7f'],
  ['two, three and four bytes', 'c3a9 e282ac f09f9880', 'é€😀'],
  ['the byte order mark', 'efbbbf 61', '\ufeffa'],
  [
    'the first and last character of each length',
    'c280 dfbf e0a080 efbfbf f0908080 f48fbfbf',
    '\x80߿ࠀ\uffff𐀀\u{10ffff}',
  ],
  ['around the surrogates', 'ed9fbf ee8080', '\ud7ff\ue000'],
  ['a lone continuation byte', '61 80 62', 'a\\x80b'],
  ['Latin-1', '636166 e9', 'caf\\xe9'],
  ['Latin-1 before ASCII', 'e9 74 e9', '\\xe9t\\xe9'],
  ['bytes that never occur', 'c0 c1 f5 fe ff', '\\xc0\\xc1\\xf5\\xfe\\xff'],
  ['an overlong slash', 'c0af e080af f08080af', '\\xc0\\xaf\\xe0\\x80\\xaf\\xf0\\x80\\x80\\xaf'],
  ['an overlong NUL', 'c080', '\\xc0\\x80'],
  ['surrogates', 'eda080 edbfbf', '\\xed\\xa0\\x80\\xed\\xbf\\xbf'],
  ['beyond U+10FFFF', 'f4908080', '\\xf4\\x90\\x80\\x80'],
  ['two bytes cut after one', 'c3', '\\xc3'],
  ['three bytes cut after two', '61 e282', 'a\\xe2\\x82'],
  ['four bytes cut after three', 'f09f98', '\\xf0\\x9f\\x98'],
  ['a sequence broken by the next one', 'e2 c3a9', '\\xe2é'],
  ['a sequence broken by ASCII', 'f09f 41', '\\xf0\\x9fA'],
  ['good text around a bad byte', 'c3a9 ff e282ac', 'é\\xff€'],
];

suite('text from bytes', () => {
  for (const [story, hex, text] of CASES) {
    test(`keeps ${story}`, () => {
      const bytes = Buffer.from(hex.replaceAll(' ', ''), 'hex');
      const escaped = text.includes('\\x');
      assert.deepEqual(decodeText(bytes), { text, escaped });
    });
  }

  test('gives well-formed text for every pair of bytes, and escapes exactly where a strict decoder gives up', () => {
    const lenient = new TextDecoder('utf-8', { ignoreBOM: true });
    for (let pair = 0; pair < 0x10000; pair++) {
      const bytes = Uint8Array.of(pair >> 8, pair & 0xff, 0x41);
      const { text, escaped } = decodeText(bytes);
      const expected = lenient.decode(bytes);
      assert.ok(text.isWellFormed() && text.endsWith('A'));
      assert.equal(escaped, expected.includes('\ufffd'));
      if (!escaped) assert.equal(text, expected);
    }
  });

  test('does not read beyond the bytes it is given', () => {
    const buffer = Buffer.from('c3a9e282ac', 'hex');
    assert.equal(decodeText(buffer.subarray(0, 1)).text, '\\xc3');
    assert.equal(decodeText(buffer.subarray(2, 4)).text, '\\xe2\\x82');
  });
});
