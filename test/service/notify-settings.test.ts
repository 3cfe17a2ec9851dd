import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { type NotifySettings, takeNotifySettings, watchdogIntervalMillis } from '../../src/service/notify-settings.ts';

test('keeps what concerns this process alone from those that it starts', () => {
  const env: Record<string, string | undefined> = {
    PATH: '/bin',
    NOTIFY_SOCKET: '/run/x',
    WATCHDOG_USEC: '30000000',
    WATCHDOG_PID: '5',
  };
  assert.deepEqual(takeNotifySettings(env), { socket: '/run/x', watchdogMicros: '30000000', watchdogPid: '5' });
  assert.deepEqual(env, { PATH: '/bin' });
  assert.deepEqual(takeNotifySettings(env), {});
  assert.deepEqual(takeNotifySettings({ NOTIFY_SOCKET: '' }), {});
});

suite('the watchdog hears', () => {
  const stories: readonly (readonly [story: string, settings: NotifySettings, millis: number | undefined])[] = [
    ['nothing where there is none', {}, undefined],
    ['from us twice as often as it has to', { watchdogMicros: '30000000' }, 15_000],
    ['from us where it names us', { watchdogMicros: '3000', watchdogPid: '42' }, 1.5],
    ['nothing from us where it names another', { watchdogMicros: '3000', watchdogPid: '43' }, undefined],
    ['nothing where it never acts', { watchdogMicros: '0' }, undefined],
    ...['-1', 'x', '1.5', ' 1', '9'.repeat(16)].map(
      (watchdogMicros) => [`nothing at an interval of "${watchdogMicros}"`, { watchdogMicros }, undefined] as const,
    ),
  ];
  for (const [story, settings, millis] of stories) {
    test(story, () => assert.equal(watchdogIntervalMillis(settings, 42), millis));
  }
});
