import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LoggerProvider } from '@opentelemetry/sdk-logs';
import { captureWhile, OutboxLogRecordProcessor, SCOPE_NAME } from '../../src/otlp/outbox-log-record-processor.ts';

const provider = new LoggerProvider({ processors: [new OutboxLogRecordProcessor()] });
const ours = provider.getLogger(SCOPE_NAME);
const foreign = provider.getLogger('application');

test('hands what procmond emits to the capture that is open, in the same call', () => {
  const captured: unknown[] = [];
  captureWhile(
    ({ body }) => captured.push(body),
    () => {
      ours.emit({ body: 'one' });
      assert.deepEqual(captured, ['one']);
      foreign.emit({ body: 'somebody else' });
      ours.emit({ body: 'two' });
    },
  );
  assert.deepEqual(captured, ['one', 'two']);
});

test('lets records pass while no capture is open', () => {
  ours.emit({ body: 'nobody listens' });
  captureWhile(
    () => assert.fail('nothing was emitted'),
    () => {},
  );
});

test('lets what the capture throws through to the emitter, and is ready for the next one', () => {
  const reason = new Error('the disk is full');
  assert.throws(
    () =>
      captureWhile(
        () => {
          throw reason;
        },
        () => ours.emit({ body: 'one' }),
      ),
    reason,
  );
  let captured = 0;
  captureWhile(
    () => {
      captured += 1;
    },
    () => ours.emit({ body: 'two' }),
  );
  assert.equal(captured, 1);
});

test('refuses a capture inside of another', () => {
  assert.throws(
    () =>
      captureWhile(
        () => {},
        () =>
          captureWhile(
            () => {},
            () => {},
          ),
      ),
    /captured already/,
  );
});

test('holds nothing that a flush or a shutdown would have to wait for', async () => {
  const processor = new OutboxLogRecordProcessor();
  await processor.forceFlush();
  await processor.shutdown();
});
