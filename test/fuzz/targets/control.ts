import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '../../../src/base/logger.ts';
import { parseAnalysisRequest, parseInterval, parseNothing } from '../../../src/control/parse-body.ts';
import { parseProcessQuery } from '../../../src/control/parse-process-query.ts';
import type { Parsed } from '../../../src/control/parsed.ts';
import { ROUTES } from '../../../src/control/routes.ts';
import { startControlServer } from '../../../src/control/server.ts';
import { ScriptedAgent } from '../../control/scripted-agent.ts';
import { open, readToEnd } from '../../fake/raw-client.ts';
import type { FuzzTarget } from '../fuzz-target.ts';
import { assertDisplayable, assertPrototypesClean } from '../invariants.ts';

const BODIES: readonly string[] = [
  '{"seconds":10}',
  '{"target":"binary-hasher","analysisType":"binary_hash","pid":42,"priority":"high","metadata":{"a":"b"}}',
  '{"target":"x","analysisType":"y","path":"/usr/bin/a","correlationId":"c"}',
  '{}',
];

/** Whole requests, which are sent to a real server on a real socket, and then the client says that this was all. */
export const target: FuzzTarget = {
  name: 'control',
  seeds: [
    ...ROUTES.flatMap(({ method, path }) =>
      BODIES.map((body) => `${method} ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`),
    ),
    ...ROUTES.map(({ method, path }) => `${method} ${path} HTTP/1.1\r\nHost: x\r\n\r\n`),
    'GET /v1/processes?text=a&user=root,0&pid=1,2&state=z&sort=-cpu,%2Bpid&limit=1&format=ndjson HTTP/1.1\r\nHost: x\r\n\r\n',
    'GET /v1/events?topic=collector/%23 HTTP/1.1\r\nHost: x\r\n\r\n',
    'PUT /v1/interval HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\ne;x=y\r\n{"seconds":10}\r\n0\r\na: b\r\n\r\n',
    'POST /v1/stop HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n{}',
  ].map((text) => Buffer.from(text, 'latin1')),
  words: [
    ...ROUTES.flatMap(({ method, path }) => [`${method} `, path]),
    'HEAD ',
    'OPTIONS ',
    'CONNECT ',
    'TRACE ',
    ' HTTP/1.1\r\n',
    ' HTTP/1.0\r\n',
    '\r\n',
    '\r\n\r\n',
    'Host: x\r\n',
    'Content-Length: ',
    'Transfer-Encoding: chunked\r\n',
    'Expect: ',
    'Connection: Upgrade\r\nUpgrade: h2c\r\n',
    'PRI * HTTP/2.0',
    '?topic=',
    '?text=',
    '&sort=',
    '&pid=',
    '&limit=',
    '%00',
    '%1b',
    '%',
    '#',
    '+',
    '{"seconds":',
    '"target":',
    '"pid":',
    '__proto__',
    '"metadata":{',
    '}',
    '[',
    ']',
    '"',
    ',',
    ':',
    '0\r\n\r\n',
    'ffffffff\r\n',
    'http://x/',
    '//',
    '*',
    '\u001b[2J',
    '\u202e',
    '\u0000',
  ],
  maxInputBytes: 256 * 1024,
  async start() {
    const agent = new ScriptedAgent();
    agent.runCycle = async () => undefined;
    const path = join(mkdtempSync(join(tmpdir(), 'procmond-fuzz-')), 'control.sock');
    await startControlServer({ path, agent, logger: silentLogger });
    return async (input) => {
      checkParsers(Buffer.from(input).toString('utf8'));
      const socket = await open({ path });
      socket.end(input);
      checkAnswer(await readToEnd(socket));
      assertPrototypesClean();
    };
  },
};

const LARGEST_ANSWER = 256 * 1024;

/** Nothing, or one answer, of the form that is promised. */
function checkAnswer(answer: string): void {
  const whole = answer.startsWith(CONTINUE) ? answer.slice(CONTINUE.length) : answer;
  if (whole === '') return;
  assert.ok(whole.length <= LARGEST_ANSWER);
  const end = whole.indexOf('\r\n\r\n');
  const [head, body] = [whole.slice(0, end), whole.slice(end + 4)];
  assert.match(head, /^HTTP\/1\.1 [2345]\d\d /);
  for (const line of head.split('\r\n')) assertDisplayable(line);
  for (const line of body.split(/\r?\n/)) assertDisplayable(Buffer.from(line, 'latin1').toString('utf8'));
  const length = /^content-length: (\d+)$/im.exec(head)?.[1];
  if (body !== '' && length !== undefined) assert.equal(body.length, Number(length));
  if (body === '' || !/^content-type: application\/json$/im.test(head) || length === undefined) return;
  const { error } = JSON.parse(Buffer.from(body, 'latin1').toString('utf8')) as { readonly error?: unknown };
  if (/^HTTP\/1\.1 [45]/.test(head) && error !== undefined) {
    assert.partialDeepStrictEqual(Object.keys(error as object).slice(0, 2), ['code', 'message']);
  }
}

const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n';

function checkParsers(text: string): void {
  const question = text.indexOf('?');
  checkParsed(parseProcessQuery(new URLSearchParams(text.slice(question + 1).split(' ', 1)[0])));
  const start = text.indexOf('{');
  if (start === -1) return;
  let body: unknown;
  try {
    body = JSON.parse(text.slice(start));
  } catch {
    return;
  }
  for (const parse of [parseInterval, parseAnalysisRequest, parseNothing]) checkParsed(parse(body));
}

const LONGEST_PROBLEM = 2_000;

function checkParsed(parsed: Parsed<unknown>): void {
  if (parsed.ok) return;
  assert.ok(parsed.problems.length > 0);
  for (const problem of parsed.problems) {
    assert.ok(problem !== '' && problem.length <= LONGEST_PROBLEM, `${problem.length} characters`);
  }
}
