import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import {
  ANALYSIS_TYPES,
  TRIGGER_PRIORITIES,
  type TriggerRequest,
  triggerProblems,
} from '../../src/event/trigger-request.ts';
import { triggerRequest } from '../fake/trigger.ts';

const PROCESS = { pid: 4242, startTicks: 100 };

const RIGHT: readonly (readonly [story: string, request: Partial<TriggerRequest>])[] = [
  ['of a process', {}],
  ['of a process, with what a reader needs to find it', { process: { ...PROCESS, cpid: 'x', creationTimeMillis: 0 } }],
  ['of a file', { path: '/usr/bin/true' }],
  ...ANALYSIS_TYPES.map((analysisType) => [`for ${analysisType}`, { analysisType }] as const),
  ['for an analysis of its own', { analysisType: 'custom:entropy-of-sections2' }],
  ...TRIGGER_PRIORITIES.map((priority) => [`of priority ${priority}`, { priority }] as const),
  ['with a correlation id of 256 bytes', { correlationId: 'é'.repeat(128) }],
  ['with 100 entries of metadata', { metadata: entries(100, 'x') }],
  ['with 65,536 bytes of metadata', { metadata: { key: 'x'.repeat(65_533) } }],
  ['at the end of time', { requestedAtMillis: 8.64e15 }],
];

/** What a source in JavaScript, or a client of the socket, may come up with. */
const WRONG: readonly (readonly [field: string, value: unknown, message: RegExp])[] = [
  ['triggerId', '', /^triggerId "" must be a UUIDv7/],
  ['triggerId', undefined, /^triggerId absent must be a UUIDv7/],
  ['triggerId', '019b7cbc-1234-4abc-8def-0123456789ab', /must be a UUIDv7/],
  ['triggerId', '019B7CBC-1234-7ABC-8DEF-0123456789AB', /in lower case/],
  ['target', '', /^target "" must be a name/],
  ['target', 'Binary Hasher', /^target "Binary Hasher" must be a name of lower-case/],
  ['target', '#', /must be a name/],
  ['target', 'a/b', /must be a name/],
  ['target', 'x'.repeat(65), /^target "x{65}" must be a name .* of at most 64 bytes$/],
  ['target', 7, /^target 7 must be a name/],
  ['analysisType', 'binary-hash', /^analysisType "binary-hash" must be one of binary_hash, memory_analysis, /],
  ['analysisType', 'custom:', /or custom: and a name in kebab-case$/],
  ['analysisType', 'custom:Two Words', /kebab-case$/],
  ['analysisType', undefined, /^analysisType absent/],
  ['priority', 'urgent', /^priority "urgent" must be one of low, normal, high, critical$/],
  ['priority', 3, /^priority 3 must be/],
  ['process', null, /^process null must hold pid and startTicks$/],
  ['process', undefined, /^process absent must be there, or path: there is nothing to look at$/],
  ['process', { pid: 0, startTicks: 1 }, /^process\.pid 0 must be a whole number above 0$/],
  ['process', { pid: 1.5, startTicks: 1 }, /^process\.pid 1\.5/],
  ['process', { pid: '4242', startTicks: 1 }, /^process\.pid "4242"/],
  ['process', { pid: 4242 }, /^process\.startTicks absent must be a whole number of clock ticks$/],
  ['process', { pid: 4242, startTicks: -1 }, /^process\.startTicks -1/],
  ['process', { ...PROCESS, cpid: 7 }, /^process\.cpid 7/],
  ['process', { ...PROCESS, creationTimeMillis: 'now' }, /^process\.creationTimeMillis "now"/],
  ['path', '/usr/bin/true', /^path "\/usr\/bin\/true" must not be there beside process: one subject a request$/],
  ['correlationId', '', /^correlationId "" must be a text of 1 to 256 bytes$/],
  ['correlationId', 'é'.repeat(129), /must be a text of 1 to 256 bytes$/],
  ['metadata', undefined, /^metadata absent must be an object, empty where there is none$/],
  ['metadata', ['x'], /^metadata \["x"\] must be an object/],
  ['metadata', { rule: 7 }, /^metadata\.rule 7 must be a text$/],
  ['metadata', entries(101, 'x'), /^metadata "101 entries" must have at most 100 entries$/],
  ['metadata', { key: 'x'.repeat(65_534) }, /^metadata "65537 bytes" must have at most 65536 bytes, keys included$/],
  ['requestedAtMillis', Number.NaN, /^requestedAtMillis null must be a time in epoch milliseconds$/],
  ['requestedAtMillis', -1, /^requestedAtMillis -1/],
  ['requestedAtMillis', '2026-01-02', /^requestedAtMillis "2026-01-02"/],
];

const WRONG_PATHS: readonly (readonly [path: string, message: RegExp])[] = [
  ['', /^path "" must be an absolute path of at most 4096 bytes$/],
  ['usr/bin/true', /must be an absolute path/],
  ['/a\0b', /must be an absolute path/],
  [`/${'x'.repeat(4_096)}`, /^path "\/x+\.\.\. must be an absolute path/],
];

suite('a request for an analysis can be published', () => {
  for (const [story, parts] of RIGHT) {
    test(story, () => assert.deepEqual(triggerProblems(triggerRequest(parts)), []));
  }
});

suite('a request for an analysis names its field, its value and why', () => {
  for (const [field, value, message] of WRONG) {
    test(`${field} ${JSON.stringify({ value }).slice(0, 60)}`, () => {
      const request = { ...triggerRequest(), [field]: value };
      assert.match(told(request), message);
    });
  }

  for (const [path, message] of WRONG_PATHS) {
    test(`path ${JSON.stringify(path).slice(0, 60)}`, () => assert.match(told(triggerRequest({ path })), message));
  }

  test('for all that is wrong with it at once', () => {
    const request = triggerRequest({ target: '', correlationId: '', priority: 'x' as 'low' });
    assert.deepEqual(
      triggerProblems(request).map(({ field }) => field),
      ['target', 'priority', 'correlationId'],
    );
  });
});

function told(request: TriggerRequest): string {
  const problems = triggerProblems(request);
  assert.equal(problems.length, 1, JSON.stringify(problems));
  return problems.map(({ field, value, why }) => `${field} ${value} ${why}`).join();
}

function entries(count: number, value: string): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`key${index}`, value]));
}
