import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeverityNumber } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { LoggerProvider, type ReadWriteLogRecord } from '@opentelemetry/sdk-logs';
import { encodeRecord, encodeSender, RecordDecoder, type Sender } from '../../src/otlp/stored-record.ts';

test('gives back every part of a record that goes over the wire', () => {
  const record = emitted({
    eventName: 'procmond.process.started',
    timestamp: [1_767_323_045, 123_456_789],
    observedTimestamp: [1_767_323_046, 1],
    severityNumber: SeverityNumber.INFO,
    body: 'started curl (42): "\u2028"\n',
    attributes: {
      text: '\u0000\ud800 ünï 🐧',
      integer: 9_007_199_254_740_991,
      negative: -1,
      fraction: 0.1,
      truth: true,
      list: ['a', '', 'b c'],
      empty: [],
      map: { 'process.ppid': 1, nested: ['x'] },
    },
  });
  const decoded = new RecordDecoder(() => JSON.parse(encodeSender(record)) as Sender).decode(encodeRecord(record), 's');
  for (const part of ['hrTime', 'hrTimeObserved', 'severityNumber', 'eventName', 'body', 'attributes'] as const) {
    assert.deepEqual(decoded[part], record[part], part);
  }
  assert.deepEqual(decoded.resource.attributes, record.resource.attributes);
  assert.equal(decoded.instrumentationScope.name, 'procmond');
  assert.equal(decoded.instrumentationScope.version, '1.2.3');
  assert.equal(decoded.droppedAttributesCount, 0);
});

test('invents nothing that a record does not have', () => {
  const record = emitted({ timestamp: [1, 0], observedTimestamp: [1, 0] });
  const decoded = new RecordDecoder(() => JSON.parse(encodeSender(record)) as Sender).decode(encodeRecord(record), 's');
  assert.deepEqual([decoded.severityNumber, decoded.eventName, decoded.body], [undefined, undefined, undefined]);
  assert.deepEqual(decoded.attributes, {});
});

test('shares one resource and scope among the records of a sender, so that they travel as one group', () => {
  const asked: string[] = [];
  const decoder = new RecordDecoder((id) => {
    asked.push(id);
    return { resource: { 'service.name': id }, scope: { name: 'procmond' } };
  });
  const row = '{"t":[1,0],"o":[1,0],"a":{}}';
  const [one, two, other] = [decoder.decode(row, 'a'), decoder.decode(row, 'a'), decoder.decode(row, 'b')];
  assert.equal(one.resource, two.resource);
  assert.equal(one.instrumentationScope, two.instrumentationScope);
  assert.notEqual(one.resource, other.resource);
  assert.deepEqual(asked, ['a', 'b']);
});

function emitted(record: Parameters<ReturnType<LoggerProvider['getLogger']>['emit']>[0]): ReadWriteLogRecord {
  const captured: ReadWriteLogRecord[] = [];
  const provider = new LoggerProvider({
    resource: resourceFromAttributes({ 'service.name': 'procmond', 'host.name': 'h' }),
    processors: [{ onEmit: (each) => void captured.push(each), forceFlush: async () => {}, shutdown: async () => {} }],
  });
  provider.getLogger('procmond', '1.2.3').emit(record);
  return captured[0] as ReadWriteLogRecord;
}
