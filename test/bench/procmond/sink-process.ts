import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { answerQuestions } from '../host/forked-part.ts';

export interface SinkQuestion {
  /** Both give the sums; after `take` they begin anew. */
  readonly ask: 'look' | 'take';
}

export interface SinkAnswer {
  /** Logs URL, complete. */
  readonly url: string;
  readonly requests: number;
  readonly records: number;
  /** Bodies as they came, compressed or not; without HTTP headers. */
  readonly bodyBytes: number;
}

/** An endpoint that accepts everything and counts it, like an OTel Collector without a backend. */
const server = createServer({ keepAliveTimeout: 0 }, (request, response) => void accept(request, response));
const sums = { requests: 0, records: 0, bodyBytes: 0 };
const listening = new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

answerQuestions(async ({ ask }: SinkQuestion): Promise<SinkAnswer> => {
  await listening;
  const answer = { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/logs`, ...sums };
  if (ask === 'take') Object.assign(sums, { requests: 0, records: 0, bodyBytes: 0 });
  return answer;
});

async function accept(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await readBody(request);
  sums.requests += 1;
  sums.bodyBytes += body.length;
  sums.records += countRecords(request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body);
  response.setHeader('content-type', 'application/json').end('{}');
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}

/** OTLP's JSON has this key once in each record, and procmond has no attribute of that name. */
function countRecords(body: Buffer): number {
  return body.toString('latin1').split('"observedTimeUnixNano":').length - 1;
}
