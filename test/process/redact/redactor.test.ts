import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { describe, test } from 'node:test';
import {
  createRedactor,
  KEY_BYTES,
  MAX_TEXT_CHARACTERS,
  REDACTED,
  REDACTOR_VERSION,
} from '../../../src/process/redact/redactor.ts';
import type { Span } from '../../../src/process/redact/span.ts';
import { isSuspicious } from '../../../src/process/redact/suspicion.ts';
import { findTextSecrets } from '../../../src/process/redact/text-secrets.ts';
import { lookAlikeTable } from './look-alike-table.ts';
import { secretTable } from './secret-table.ts';

const redactor = createRedactor('redacted');
const KEY = new Uint8Array(KEY_BYTES).fill(7);
const keyed = createRedactor('redacted', { key: KEY });

describe('hides the secret of', () => {
  for (const { story, args, secrets, keeps } of secretTable) {
    test(story, () => {
      const { value, redactions } = redactor.arguments(args);
      const output = value.join('\n');
      for (const secret of secrets) assert.ok(!output.includes(secret), `${secret} is still in ${output}`);
      for (const kept of keeps) assert.ok(output.includes(kept), `${kept} is gone from ${output}`);
      for (const [index, arg] of args.entries()) {
        if (!secrets.some((secret) => arg.includes(secret))) assert.equal(value[index], arg);
      }
      assert.equal(value.length, args.length);
      assert.ok(redactions > 0 && output.includes(REDACTED));
    });
  }
});

describe('leaves as it is', () => {
  for (const { story, args } of lookAlikeTable) {
    test(story, () => {
      const { value, redactions } = redactor.arguments(args);
      assert.deepEqual(value, args);
      assert.equal(redactions, 0);
    });
  }
});

describe('a free text', () => {
  const secretTexts: readonly (readonly [text: string, redacted: string])[] = [
    ['mysql -uroot -phunter2', 'mysql -uroot -p[redacted]'],
    ['/usr/bin/curl -u bob:hunter2 https://h', '/usr/bin/curl -u bob:[redacted] https://h'],
    ['app --token hunter2 -v', 'app --token [redacted] -v'],
    ['worker: amqp://bob:hunter2@mq/', 'worker: amqp://bob:[redacted]@mq/'],
    ['curl -H Authorization: Bearer hunter2 https://h', 'curl -H Authorization: Bearer [redacted] https://h'],
    ['/srv/token=hunter2/run', '/srv/token=[redacted]'],
    ['ghp_0123456789abcdefghijABCDEFGHIJ012345', '[redacted]'],
  ];
  for (const [text, redacted] of secretTexts) {
    test(`loses the secret of ${JSON.stringify(redacted)}`, () => {
      assert.deepEqual(redactor.text(text), { value: redacted, redactions: 1 });
    });
  }

  const innocentTexts = [
    '',
    'postgres: app secrets 10.0.0.1(5432) idle in transaction',
    'sshd: bob@pts/0',
    'php-fpm: pool www',
    'redis-server *:6379',
    '/usr/bin/pass',
    '/usr/lib/systemd/systemd-ask-password',
    '/home/bob/.ssh/id_rsa',
    '/user.slice/user-1000.slice/user@1000.service/app.slice/app-x.scope',
    '/kubepods.slice/kubepods-burstable.slice/kubepods-pod1f2e3d4c_5b6a_7988_a1b2_c3d4e5f60718.slice/cri-containerd-0123.scope',
    '/system.slice/docker-2b1e0f6d5a7e4b2b9fb4d1c6de4f7a4a5b6c7d8e9f00112233445566778899aa.scope',
    'token-refresher',
    'a b\\xff\u202e\u{1F511}',
  ];
  for (const text of innocentTexts) {
    test(`without a secret stays: ${JSON.stringify(text)}`, () => {
      assert.deepEqual(redactor.text(text), { value: text, redactions: 0 });
    });
  }
});

describe('the mode', () => {
  const args = ['/usr/bin/app', '--password', 'hunter2'];

  test('redacted keeps every argument and hides secrets', () => {
    assert.deepEqual(redactor.arguments(args), { value: ['/usr/bin/app', '--password', REDACTED], redactions: 1 });
  });

  test('redacted gives what holds no secret back by identity', () => {
    const plain = ['/usr/bin/app', '--port', '80'];
    assert.equal(redactor.arguments(plain).value, plain);
    assert.deepEqual(redactor.arguments([]), { value: [], redactions: 0 });
  });

  test('none keeps the program alone, without its secrets', () => {
    const none = createRedactor('none');
    assert.deepEqual(none.arguments(args), { value: ['/usr/bin/app'], redactions: 0 });
    assert.deepEqual(none.arguments(['app --password hunter2', 'x']), {
      value: [`app --password ${REDACTED}`],
      redactions: 1,
    });
    assert.deepEqual(none.arguments([]), { value: [], redactions: 0 });
    assert.equal(none.text('app --password=hunter2').value, `app --password=${REDACTED}`);
  });

  test('full keeps everything', () => {
    const full = createRedactor('full');
    assert.deepEqual(full.arguments(args), { value: args, redactions: 0 });
    assert.deepEqual(full.text('app --password=hunter2'), { value: 'app --password=hunter2', redactions: 0 });
  });

  test('is in the version, with the version of the rules', () => {
    for (const mode of ['none', 'redacted', 'full'] as const) {
      assert.equal(createRedactor(mode).version, `${REDACTOR_VERSION}:${mode}`);
    }
  });
});

describe('a fingerprint', () => {
  const mark = /^\[redacted:[0-9a-f]{8}\]$/;
  const markOf = (value: string) => keyed.arguments(['app', '--password', value]).value[2] ?? '';

  test('is the same for equal secrets, wherever they stand', () => {
    const output = keyed.arguments(['curl', '-u', 'bob:hunter2', '--password=hunter2', 'https://a:hunter2@h/']).value;
    assert.match(markOf('hunter2'), mark);
    for (const arg of output.slice(2)) assert.ok(arg.includes(markOf('hunter2')), arg);
    assert.ok(keyed.text('app --password hunter2 -v').value.includes(markOf('hunter2')));
    assert.equal(
      createRedactor('redacted', { key: KEY }).text('--password=hunter2').value,
      `--password=${markOf('hunter2')}`,
    );
  });

  test('differs for other secrets and other keys', () => {
    assert.notEqual(markOf('hunter2'), markOf('hunter3'));
    const other = createRedactor('redacted', { key: new Uint8Array(KEY_BYTES).fill(8) });
    assert.notEqual(other.arguments(['app', '--password', 'hunter2']).value[2], markOf('hunter2'));
  });

  for (const secret of ['x y', 'пароль🔑', '\ud800', 'a'.repeat(341), 'a'.repeat(342), 'b'.repeat(9000)]) {
    test(`is the HMAC-SHA-256 of a secret of ${secret.length} characters`, () => {
      const hmac = createHmac('sha256', KEY).update(secret).digest('hex');
      assert.equal(markOf(secret), `[redacted:${hmac.slice(0, 8)}]`);
    });
  }

  test('has a key of 32 bytes, or there is none', () => {
    assert.throws(() => createRedactor('redacted', { key: new Uint8Array(16) }), { code: 'CONFIG_INVALID' });
    assert.equal(redactor.text('--password=hunter2').value, `--password=${REDACTED}`);
  });

  test('is of a key that the version names without telling it', () => {
    const { version } = keyed;
    assert.match(version, new RegExp(`^${REDACTOR_VERSION}:redacted:key=[0-9a-f]{8}$`));
    assert.ok(!version.includes(Buffer.from(KEY).toString('hex').slice(0, 8)));
    assert.equal(createRedactor('redacted', { key: new Uint8Array(KEY) }).version, version);
    assert.notEqual(createRedactor('redacted', { key: new Uint8Array(KEY_BYTES) }).version, version);
    assert.equal(createRedactor('full', { key: KEY }).version, createRedactor('full').version);
  });
});

describe('patterns of people', () => {
  const patterns = ['CUST-[0-9]{4}', '--seat (\\w+)'];
  const custom = createRedactor('redacted', { patterns });

  test('hide what they match, or what their first group matches', () => {
    assert.deepEqual(custom.arguments(['app', 'x CUST-1234 CUST-9876', '--seat', '12A', '--row', '3']), {
      value: ['app', `x ${REDACTED} ${REDACTED}`, '--seat', REDACTED, '--row', '3'],
      redactions: 3,
    });
    assert.equal(custom.text('/srv/CUST-1234/x').value, `/srv/${REDACTED}/x`);
    assert.equal(custom.commandText('app --seat 12A').value, `app --seat ${REDACTED}`);
  });

  test('may match over several arguments, each of which loses its part', () => {
    const across = createRedactor('redacted', { patterns: ['b c d'] });
    assert.deepEqual(across.arguments(['a b', 'c', 'd e']).value, [`a ${REDACTED}`, REDACTED, `${REDACTED} e`]);
  });

  test('hide beside everything else', () => {
    assert.deepEqual(custom.arguments(['app', '--password', 'hunter2', 'CUST-1234']).value.slice(2), [
      REDACTED,
      REDACTED,
    ]);
    assert.deepEqual(createRedactor('full', { patterns }).arguments(['app', 'CUST-1234']).value, ['app', 'CUST-1234']);
    assert.deepEqual(createRedactor('none', { patterns }).arguments(['CUST-1234', 'x']).value, [REDACTED]);
  });

  test('give what they do not match back by identity', () => {
    const plain = ['/usr/bin/app', '--port', '80'];
    assert.equal(custom.arguments(plain).value, plain);
  });

  test('are told from others by the version, in their order', () => {
    const versions = [[], patterns, patterns.toReversed(), ['a']].map(
      (some) => createRedactor('redacted', { patterns: some }).version,
    );
    assert.equal(new Set(versions).size, 4);
    assert.match(custom.version, new RegExp(`^${REDACTOR_VERSION}:redacted:patterns=[0-9a-f]{8}$`));
  });

  test('that are none are an error that names them', () => {
    assert.throws(() => createRedactor('redacted', { patterns: ['ok', 'a(b'] }), {
      code: 'CONFIG_INVALID',
      message: 'pattern 2 ("a(b") is no regular expression: missing closing ) at character 2',
    });
  });

  test('that match more often than can be followed hide the rest', () => {
    const { value } = createRedactor('redacted', { patterns: ['(a.*z)|a'] }).arguments(['app', 'a'.repeat(8192)]);
    assert.ok(value[1]?.endsWith(REDACTED) && !value[1].includes('a]') && !/a{2}/.test(value[1]), value[1]);
  });
});

describe('a long argument', () => {
  test('is hidden unread from where nobody reads on', () => {
    const long = 'ab '.repeat(MAX_TEXT_CHARACTERS);
    const { value, redactions } = redactor.arguments(['app', long]);
    const kept = value[1]?.slice(0, -REDACTED.length) ?? '';
    assert.equal(redactions, 1);
    assert.equal(value[1], `${kept}${REDACTED}`);
    assert.ok(long.startsWith(kept) && kept.length > 0.9 * MAX_TEXT_CHARACTERS);
    assert.equal(redactor.text(long).value, value[1]);
  });

  test('of the greatest length is kept whole', () => {
    const args = ['app', 'x'.repeat(MAX_TEXT_CHARACTERS)];
    assert.equal(redactor.arguments(args).value, args);
  });

  test('is not cut within a character', () => {
    const { value } = redactor.text('🔑'.repeat(MAX_TEXT_CHARACTERS));
    assert.ok(value.isWellFormed());
  });

  test('is given back unchanged, though marks are longer than secrets', () => {
    for (const piece of ['pw=a ', 'pw=a&', '--pw a ', 'a:b1c2@d.ef ']) {
      const once = keyed.arguments(['sh', '-c', piece.repeat(10_000)]).value;
      assert.ok(
        once.every((arg) => arg.length <= MAX_TEXT_CHARACTERS),
        piece,
      );
      assert.deepEqual(keyed.arguments(once), { value: once, redactions: 0 }, piece);
    }
  });
});

describe('counts', () => {
  test('every secret once', () => {
    const args = ['curl', '-u', 'bob:hunter2', '-H', 'X-Api-Key: hunter3', 'https://a:hunter4@h/?token=hunter5'];
    assert.equal(redactor.arguments(args).redactions, 4);
  });

  test('nothing that was redacted before', () => {
    assert.equal(redactor.arguments(['app', '--password', REDACTED, `https://a:${REDACTED}@h`]).redactions, 0);
  });
});

describe('what was redacted', () => {
  test('is given back unchanged, for every row', () => {
    for (const { story, args } of secretTable) {
      const once = redactor.arguments(args).value;
      assert.deepEqual(redactor.arguments(once), { value: once, redactions: 0 }, story);
      const text = redactor.text(args.join(' ')).value;
      assert.deepEqual(redactor.text(text), { value: text, redactions: 0 }, story);
    }
  });

  const patterned = createRedactor('redacted', { key: KEY, patterns: ['hunter[2-9]', 'o.{3}', '[a-f]+(:[^ ]*)'] });
  for (const [name, some] of Object.entries({ redactor, keyed, patterned })) {
    test(`is given back unchanged, for command lines put together at random: ${name}`, () => {
      for (const args of randomCommandLines(4000)) {
        const once = some.arguments(args).value;
        assert.deepEqual(some.arguments(once), { value: once, redactions: 0 }, JSON.stringify(args));
        const text = some.text(args.join(' ')).value;
        assert.deepEqual(some.text(text), { value: text, redactions: 0 }, JSON.stringify(args));
      }
    });
  }

  test('is given back unchanged by a redactor with another key', () => {
    const other = createRedactor('redacted', { key: new Uint8Array(KEY_BYTES).fill(8) });
    for (const args of [...secretTable.map((row) => row.args), ...randomCommandLines(1000)]) {
      const once = keyed.arguments(args).value;
      assert.deepEqual(other.arguments(once), { value: once, redactions: 0 }, JSON.stringify(args));
    }
  });
});

test('the cheap question finds everything suspicious that a secret is found in', () => {
  const args = [...secretTable.flatMap((row) => row.args), ...[...randomCommandLines(4000)].flat()];
  for (const arg of args) {
    const spans: Span[] = [];
    findTextSecrets(arg, 'script', spans);
    if (spans.length > 0) assert.ok(isSuspicious(arg), JSON.stringify(arg));
  }
});

/** Reading is linear: what would be quadratic over as much text takes minutes, and the time limit is there to say so. */
describe('hostile arguments', { timeout: 300_000 }, () => {
  const custom = createRedactor('redacted', { key: KEY, patterns: ['(x+x+)+y', '(a.*z)|key', '(?:a?){20}a{20}'] });
  const pieces = [
    'a',
    '=',
    ':',
    '"',
    "'",
    '\\',
    '\\"',
    ' ',
    '\n',
    '{',
    '[',
    '@',
    '://',
    '-',
    'eyJ',
    'eyJ.',
    'sk-',
    'gh',
    ' key=',
    '=key=',
    '?key=',
    '"key":[',
    '"key="',
    '--key "',
    "key='a'=",
    ';key={',
    'token: ',
    'Cookie: a; ',
    'Bearer:',
    'http://a:',
    'rtmp://a/',
    'a:b@c.d ',
    'a:b@',
    "mysql -p'",
    'mysql -p -P -u a -p ',
    'echo a | sudo -S ',
    'vault login ',
    'openssl passwd -1 ',
    'docker run a:b ',
    '-----BEGIN PRIVATE KEY-----',
    '-----END ',
    'AKIAIOSFODNN7EXAMPLE',
    "identified by '",
    'password send "',
    'login a password ',
    '"kty""k":"',
    REDACTED,
    `${REDACTED}=`,
    '[redacted:',
    '[redacted:3f9a2c41]',
    'key[redacted:3f9a2c41]:',
  ];
  const filled = (piece: string, characters: number) =>
    piece.repeat(Math.ceil(characters / piece.length)).slice(0, characters);

  for (const piece of pieces) {
    test(`of ${MAX_TEXT_CHARACTERS} characters of ${JSON.stringify(piece)} are read once, with patterns too`, () => {
      const text = filled(piece, MAX_TEXT_CHARACTERS);
      for (const some of [keyed, custom]) {
        const args = some.arguments(['sh', '-c', text, text]).value;
        assert.equal(some.arguments(args).redactions, 0);
        assert.equal(some.text(some.text(text).value).redactions, 0);
      }
    });
  }

  test('of 256 times 8 KiB are read once', () => {
    const texts = Array.from({ length: 256 }, (_, index) => filled(pieces[index % pieces.length] ?? '', 8192));
    for (const args of [texts, ['sh', '-c', ...texts], Array<string>(256).fill(filled('x --token=a ', 8192))]) {
      const once = keyed.arguments(args);
      assert.ok(once.redactions >= 256 && once.value.length === args.length);
      assert.equal(keyed.arguments(once.value).redactions, 0);
    }
  });

  test('of many short arguments are read once', () => {
    for (const piece of ['--password', '-p', '-u', '=', 'sudo', 'exec', 'AUTH', 'Authorization:', '-----BEGIN']) {
      const args = ['redis-cli', ...Array<string>(100_000).fill(piece)];
      assert.equal(keyed.arguments(args).value.length, args.length, piece);
    }
  });

  test('of more telling names than can be read are hidden from there on', () => {
    const { value } = redactor.arguments(['app', `${'=key='.repeat(3_000)}hunter2`]);
    assert.ok(!value.join('').includes('hunter2'));
  });
});

/** Command lines from the pieces of the tables, the same in every run. */
function* randomCommandLines(count: number): Generator<string[]> {
  const whole = [...secretTable, ...lookAlikeTable].flatMap((row) => row.args);
  const pieces = [...new Set(whole.flatMap((arg) => arg.split(/(?<=[=:;&,?@/"'{}()|\s])|(?=[=:;&,?@/"'{}()|\s])/)))];
  const marks = [
    '=',
    ':',
    ';',
    '&',
    ',',
    ' ',
    '"',
    "'",
    '\\',
    '\\"',
    '{',
    '[',
    ')',
    '|',
    '$',
    '--',
    '@',
    '://',
    '\n',
    '\\n',
    REDACTED,
    '[redacted:3f9a2c41]',
    '-p',
    '-u',
  ];
  let seed = 7;
  const below = (limit: number) => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((seed / 2 ** 32) * limit);
  };
  const pick = (from: readonly string[]) => from[below(from.length)] ?? '';
  const glued = () => Array.from({ length: 1 + below(12) }, () => pick(below(3) > 0 ? pieces : marks)).join('');
  for (let line = 0; line < count; line += 1) {
    yield Array.from({ length: 1 + below(6) }, () => (below(3) > 0 ? glued() : pick(whole)));
  }
}
