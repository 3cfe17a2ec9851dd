import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { socketAddress } from '../../src/service/socket-address.ts';

suite('the address of the service manager', () => {
  for (const [text, path] of [
    ['/run/systemd/notify', '/run/systemd/notify\0'],
    ['@abstract/name', '\0abstract/name'],
    [`/${'x'.repeat(106)}`, `/${'x'.repeat(106)}\0`],
    [`@${'x'.repeat(107)}`, `\0${'x'.repeat(107)}`],
  ] as const) {
    test(`is read from "${text.slice(0, 30)}"`, () => {
      const address = socketAddress(text);
      assert.ok(address.ok);
      assert.equal(address.path.toString(), path);
    });
  }

  for (const [text, problem] of [
    ['run/notify', /is neither an absolute path nor "@" and a name/],
    ['vsock:2:1234', /is neither/],
    [' ', /is neither/],
    ['/', /names no socket/],
    ['@', /names no socket/],
    ['/run/a\0b', /holds a NUL byte/],
    [`/${'x'.repeat(107)}`, /has 108 bytes/],
    [`@${'x'.repeat(108)}`, /has 109 bytes/],
    [`/${'ü'.repeat(60)}`, /has 121 bytes/],
  ] as const) {
    test(`is not read from "${text.slice(0, 30).replace('\0', '\\0')}"`, () => {
      const address = socketAddress(text);
      assert.ok(!address.ok);
      assert.match(address.problem, problem);
    });
  }
});
