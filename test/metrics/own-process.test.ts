import assert from 'node:assert/strict';
import { closeSync, openSync } from 'node:fs';
import { test } from 'node:test';
import { readOwnProcess } from '../../src/metrics/own-process.ts';

test('counts the file descriptors that are open, not the one it counts with', () => {
  const before = readOwnProcess().openFileDescriptors;
  const files = [1, 2, 3].map(() => openSync('/dev/null', 'r'));
  const during = readOwnProcess().openFileDescriptors;
  files.forEach((file) => closeSync(file));
  assert.equal(during, before + 3);
  assert.equal(readOwnProcess().openFileDescriptors, before);
});

test('measures memory in bytes', () => {
  const { residentBytes, virtualBytes } = readOwnProcess();
  const ratio = residentBytes / process.memoryUsage.rss();
  assert.ok(ratio > 0.5 && ratio < 2, `${residentBytes} bytes`);
  assert.ok(virtualBytes > residentBytes);
});

test('knows the limit it runs under, and when it started', () => {
  const { maxFileDescriptors, openFileDescriptors, startTimeSeconds } = readOwnProcess();
  assert.ok(maxFileDescriptors > openFileDescriptors);
  assert.equal(startTimeSeconds, performance.timeOrigin / 1000);
});
