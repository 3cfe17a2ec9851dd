import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { AttributeValue } from '../../src/event/collection-event.ts';
import { DEFAULT_MAX_RECORD_BYTES, fitAttributes, MAX_ATTRIBUTES } from '../../src/otlp/fit-attributes.ts';

/** An attribute as OTLP/JSON writes it, independent of the code under test. */
function otlpValue(value: AttributeValue): object {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value === 'number') return Number.isInteger(value) ? { intValue: value } : { doubleValue: value };
  if (Array.isArray(value)) return { arrayValue: { values: value.map(otlpValue) } };
  return { kvlistValue: { values: Object.entries(value).map(([key, item]) => ({ key, value: otlpValue(item) })) } };
}

function recordBytes(attributes: Record<string, AttributeValue>, body: string): number {
  const list = Object.entries({
    ...attributes,
    'procmond.seq': Number.MAX_SAFE_INTEGER,
    'log.record.uid': '0199f2d4-7c3e-7000-8000-000000000001',
  }).map(([key, value]) => ({ key, value: otlpValue(value) }));
  const record = {
    timeUnixNano: '1795435200000000000',
    observedTimeUnixNano: '1795435200000000000',
    severityNumber: 9,
    eventName: 'procmond.process.observed',
    body: { stringValue: body },
    attributes: list,
    droppedAttributesCount: 0,
  };
  return Buffer.byteLength(JSON.stringify(record));
}

const ENVELOPE = { 'procmond.topic': 'collector/process/events', 'procmond.cycle.id': 'c' };

suite('the attributes of a record', () => {
  test('are given back as they are, by identity, when they fit', () => {
    const attributes = { ...ENVELOPE, a: 'x'.repeat(10_000), b: ['y', 'z'], c: { d: 1 }, e: false };
    assert.equal(fitAttributes(attributes, 'a body'), attributes);
  });

  test('fill the record before anything is cut', () => {
    const attributes = { ...ENVELOPE, a: 'x'.repeat(30_000) };
    const fitted = fitAttributes(attributes, '');
    assert.equal(fitted, attributes);
    assert.ok(recordBytes(fitted, '') <= DEFAULT_MAX_RECORD_BYTES);
  });

  for (const [story, attributes, body] of [
    ['one long text', { a: 'x'.repeat(40_000) }, ''],
    ['a text that JSON makes six times as long', { a: '\x01'.repeat(6_000) }, ''],
    ['many texts', Object.fromEntries(Array.from({ length: 90 }, (_, i) => [`attribute.${i}`, 'y'.repeat(2_000)])), ''],
    ['a long list of short texts', { a: Array.from({ length: 20_000 }, () => 'z') }, ''],
    ['a list of empty texts', { a: Array.from({ length: 20_000 }, () => '') }, ''],
    ['a map of long texts', { a: { b: 'x'.repeat(20_000), c: ['y'.repeat(20_000)] } }, ''],
    ['texts that just do not fit beside the body', { a: 'x'.repeat(28_000) }, '\x01'.repeat(600)],
    ['numbers and booleans beside a long text', { a: 1.5, b: true, c: 'x'.repeat(50_000), d: 7 }, 'body'],
  ] as const) {
    test(`are cut until they fit for ${story}, and say so`, () => {
      const fitted = fitAttributes({ ...ENVELOPE, ...attributes }, body);
      assert.equal(fitted['procmond.record_truncated'], true);
      assert.ok(recordBytes(fitted, body) <= DEFAULT_MAX_RECORD_BYTES, `${recordBytes(fitted, body)} bytes`);
      assert.deepEqual(Object.keys(fitted), [
        ...Object.keys({ ...ENVELOPE, ...attributes }),
        'procmond.record_truncated',
      ]);
      for (const [name, value] of Object.entries({ ...ENVELOPE, ...attributes })) {
        assert.equal(
          Array.isArray(fitted[name]) ? 'list' : typeof fitted[name],
          Array.isArray(value) ? 'list' : typeof value,
        );
        if (typeof value === 'number' || typeof value === 'boolean') assert.equal(fitted[name], value);
      }
    });
  }

  test('keep the start of what is cut, and whole characters', () => {
    const fitted = fitAttributes(
      { ...ENVELOPE, a: `x${'😀'.repeat(20_000)}`, b: ['first', `y${'😀'.repeat(9_000)}`] },
      '',
    );
    const text = fitted['a'] as string;
    assert.match(text, /^x😀/u);
    assert.ok(text.isWellFormed());
    const list = fitted['b'] as readonly string[];
    assert.equal(list[0], 'first');
    assert.ok(list.every((item) => item.isWellFormed()));
  });

  for (const maxRecordBytes of [8 * 1024, 32 * 1024, 256 * 1024]) {
    test(`are cut above ${maxRecordBytes} bytes and nowhere below`, () => {
      const textOf = (length: number) => ({ ...ENVELOPE, a: 'x'.repeat(length), b: ['y'.repeat(600)] });
      let [fits, tooLong] = [0, maxRecordBytes];
      while (tooLong - fits > 1) {
        const middle = Math.floor((fits + tooLong) / 2);
        const attributes = textOf(middle);
        if (fitAttributes(attributes, 'body', maxRecordBytes) === attributes) fits = middle;
        else tooLong = middle;
      }
      const whole = recordBytes(textOf(fits), 'body');
      assert.ok(whole <= maxRecordBytes && whole > maxRecordBytes - 1024, `${whole} bytes`);
      const cut = fitAttributes(textOf(tooLong), 'body', maxRecordBytes);
      assert.equal(cut['procmond.record_truncated'], true);
      assert.ok(recordBytes(cut, 'body') <= maxRecordBytes);
      assert.ok((cut['a'] as string).length >= 64);
    });
  }

  test('keep which process they are about, whatever else cannot be saved', () => {
    const names = Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`${'n'.repeat(1_000)}${index}`, 1]));
    const identity = {
      'process.pid': 4242,
      'process.creation.time': '2026-11-23T11:59:30.000Z',
      'procmond.process.start_ticks': 12,
      'procmond.process.cpid': 'c'.repeat(36),
    };
    assert.deepEqual(fitAttributes({ ...names, ...identity, ...ENVELOPE }, ''), {
      ...identity,
      ...ENVELOPE,
      'procmond.record_truncated': true,
    });
  });

  test('are topic and cycle alone when nothing else can be saved', () => {
    const names = Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`${'n'.repeat(1_000)}${index}`, 1]));
    assert.deepEqual(fitAttributes({ ...names, ...ENVELOPE }, ''), { ...ENVELOPE, 'procmond.record_truncated': true });
  });

  test('leave room for the sequence number, the uid and the mark of a cut', () =>
    assert.equal(MAX_ATTRIBUTES + 3, 100));
});
