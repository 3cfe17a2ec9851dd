import assert from 'node:assert/strict';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { type Authority, type Certificate, makeAuthority } from '../fake/certificate.ts';
import { things } from '../fake/committed-events.ts';
import { DeliveringDaemon } from '../fake/delivering-daemon.ts';
import { setEnvironment } from '../fake/environment.ts';
import { OtlpEndpoint } from '../fake/otlp-endpoint.ts';
import { scratchDirectory } from '../fake/scratch-store.ts';

const servers = makeAuthority('servers');
const clients = makeAuthority('clients');
const strangers = makeAuthority('strangers');
const server = servers.issue('collector');

interface Case {
  readonly fault: string;
  readonly shows?: Certificate;
  /** Whom procmond trusts; the authority of servers by default. */
  readonly trusts?: Authority;
  /** What procmond shows: nothing, or this. Of the authority of clients by default. */
  readonly client?: Certificate | 'none';
  readonly says: RegExp;
}

const CASES: readonly Case[] = [
  {
    fault: 'a server of an authority that is not trusted',
    trusts: strangers,
    says: /shows a certificate of an authority that is not trusted here \(\w+\): name its CA in OTEL_EXPORTER_OTLP_CERTIFICATE/,
  },
  {
    fault: 'a server whose certificate has expired',
    shows: servers.issue('collector', { expiredMillis: 60_000 }),
    says: /shows a certificate that has expired \(CERT_HAS_EXPIRED\): it needs a new one/,
  },
  {
    fault: 'a server of another name',
    shows: servers.issue('collector', { address: '127.0.0.9' }),
    says: /shows a certificate of another name \(ERR_TLS_CERT_ALTNAME_INVALID\): give the name it was made for/,
  },
  {
    fault: 'a client without a certificate',
    client: 'none',
    says: /wants a client certificate \(ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED\): set OTEL_EXPORTER_OTLP_CLIENT_CERT/,
  },
];

describe('mTLS', () => {
  test('lets records through where each knows the other', async (t) => {
    const { endpoint, daemon } = await encrypted(t, {});
    await daemon.emptied();
    assert.deepEqual(endpoint.takenSeqs, [1]);
  });

  for (const { fault, says, ...parts } of CASES) {
    test(`that fails of ${fault} keeps all, says so, and needs no restart to be mended`, async (t) => {
      const { endpoint, daemon, files } = await encrypted(t, parts);
      const block = await daemon.blocked();
      assert.equal(block.reason, 'tls');
      assert.match(block.message, says);
      assert.deepEqual(daemon.agent.logger.messages('warn'), [`records stay in the outbox: ${block.message}`]);
      assert.deepEqual(await daemon.metric('procmond_export_blocked'), { tls: 1 });
      assert.deepEqual(await daemon.metric('procmond_export_failures_total'), { tls: 1 });
      assert.match(daemon.status, says);
      assert.deepEqual([daemon.waiting, endpoint.requests.length], [1, 0]);

      endpoint.useTls({ ...server, ca: clients.cert });
      files.write({ ca: servers.cert, client: clients.issue('procmond') });
      await daemon.endPause();
      if (parts.client === 'none') {
        // Which files there are is named by the environment, and that does not change.
        assert.equal((await daemon.blocked(2)).reason, 'tls');
        return;
      }
      await daemon.emptied();
      assert.deepEqual(endpoint.takenSeqs, [1]);
    });
  }
});

describe('certificates that change while procmond runs', () => {
  test('are used with the next attempt: the server has a new authority', async (t) => {
    const { endpoint, daemon, files } = await encrypted(t, {});
    await daemon.emptied();
    endpoint.useTls({ ...strangers.issue('collector'), ca: clients.cert });
    daemon.commit(things(3));
    assert.equal((await daemon.blocked()).reason, 'tls');

    files.write({ ca: strangers.cert });
    await daemon.endPause();
    await daemon.emptied();
    assert.deepEqual(endpoint.takenSeqs, [1, 2, 3, 4]);
    assert.match(daemon.agent.logger.messages('info').join('\n'), /^new certificates are in use: \S+ca\.pem, /m);
  });

  test('are used though the connection with the old ones is still good', async (t) => {
    const { endpoint, daemon, files } = await encrypted(t, {});
    await daemon.emptied();
    daemon.commit(things(1));
    await daemon.emptied();
    assert.equal(endpoint.connections.opened, 1);
    files.write({ client: clients.issue('procmond') });
    daemon.commit(things(1));
    await daemon.emptied();
    assert.equal(endpoint.connections.opened, 2);
    await endpoint.until(() => endpoint.connections.closed === 1);
  });

  test('and of which only half is written leave those before in use, and that is said once', async (t) => {
    const { endpoint, daemon, files } = await encrypted(t, {});
    await daemon.emptied();
    const next = clients.issue('procmond');
    writeFileSync(files.cert, next.cert);
    for (let round = 0; round < 3; round++) {
      daemon.commit(things(1));
      await daemon.emptied();
    }
    assert.deepEqual(endpoint.takenSeqs, [1, 2, 3, 4]);
    assert.deepEqual(daemon.agent.logger.messages('warn'), [
      `the certificates that were read before stay in use: ${files.key} (OTEL_EXPORTER_OTLP_CLIENT_KEY) is not the key of the certificate in ${files.cert}`,
    ]);
    writeFileSync(files.key, next.key);
    daemon.commit(things(1));
    await daemon.emptied();
    assert.equal(endpoint.connections.opened, 2, 'now they are');
  });

  test('are awaited where there are none to begin with', async (t) => {
    const { endpoint, daemon, files } = await encrypted(t, { missing: true });
    const block = await daemon.blocked();
    assert.equal(block.reason, 'tls');
    assert.ok(block.message.startsWith(`${endpoint.url} is not asked: ${files.ca} (OTEL_EXPORTER_OTLP_CERTIFICATE)`));
    assert.equal(endpoint.connections.opened, 0, 'it is not asked with other authorities than those one named');
    renameSync(`${files.ca}.later`, files.ca);
    await daemon.endPause();
    await daemon.emptied();
    assert.deepEqual(endpoint.takenSeqs, [1]);
  });
});

/** A daemon that delivers to a server over TLS, by the standard variables; the server lets in clients it knows only. */
async function encrypted(t: TestContext, parts: Partial<Case> & { readonly missing?: true }) {
  const { shows = server, trusts = servers, client = clients.issue('procmond') } = parts;
  const directory = scratchDirectory(t);
  const [ca, cert, key] = ['ca.pem', 'client.pem', 'client.key'].map((name) => join(directory, name)) as Paths;
  const write = (next: { readonly ca?: string; readonly client?: Certificate }) => {
    if (next.ca !== undefined) writeFileSync(parts.missing ? `${ca}.later` : ca, next.ca);
    if (next.client === undefined) return;
    writeFileSync(cert, next.client.cert);
    writeFileSync(key, next.client.key, { mode: 0o600 });
  };
  write({ ca: trusts.cert, ...(client !== 'none' && { client }) });
  setEnvironment(t, {
    OTEL_EXPORTER_OTLP_CERTIFICATE: ca,
    ...(client !== 'none' && { OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: cert, OTEL_EXPORTER_OTLP_CLIENT_KEY: key }),
  });
  const endpoint = await OtlpEndpoint.start(t, { tls: { ...shows, ca: clients.cert } });
  const daemon = await DeliveringDaemon.start(t, { deliverTo: endpoint.url });
  return { endpoint, daemon, files: { ca, cert, key, write } };
}

type Paths = [string, string, string];
