import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createRedactor, REDACTED, REDACTOR_VERSION } from '../../../src/process/redact/redactor.ts';
import { isSuspicious } from '../../../src/process/redact/suspicion.ts';
import { findTextSecrets } from '../../../src/process/redact/text-secrets.ts';
import { lookAlikeTable } from './look-alike-table.ts';
import { secretTable } from './secret-table.ts';

const redactor = createRedactor('redacted');

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

  test('is given back unchanged, for command lines put together at random', () => {
    for (const args of randomCommandLines(4000)) {
      const once = redactor.arguments(args).value;
      assert.deepEqual(redactor.arguments(once), { value: once, redactions: 0 }, JSON.stringify(args));
      const text = redactor.text(args.join(' ')).value;
      assert.equal(redactor.text(text).value, text, JSON.stringify(args));
    }
  });
});

test('the cheap question finds everything suspicious that a secret is found in', () => {
  const args = [...secretTable.flatMap((row) => row.args), ...[...randomCommandLines(4000)].flat()];
  for (const arg of args) {
    if (findTextSecrets(arg, 'script').length > 0) assert.ok(isSuspicious(arg), JSON.stringify(arg));
  }
});

/** The reading is linear: what would be quadratic over 128 KiB takes minutes, and the time limit is there to say so. */
describe('hostile arguments', { timeout: 120_000 }, () => {
  const patterns = [
    'a',
    '=',
    ':',
    '"',
    "'",
    '\\',
    '\\"',
    ' ',
    '{',
    '[',
    '@',
    '://',
    '-',
    'eyJ',
    'sk-',
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
    'a:b@c.d ',
    "mysql -p'",
    'echo a | sudo -S ',
    'vault login ',
    '-----BEGIN PRIVATE KEY-----',
    '-----END ',
    'AKIAIOSFODNN7EXAMPLE',
    "identified by '",
    REDACTED,
    `${REDACTED}=`,
  ];
  for (const pattern of patterns) {
    test(`of 128 KiB of ${JSON.stringify(pattern)} are read once`, () => {
      const text = pattern.repeat(131_072 / pattern.length);
      const once = redactor.arguments(['sh', '-c', text]).value;
      assert.equal(redactor.arguments(once).redactions, 0);
      assert.equal(redactor.text(text).value.length > 0, true);
    });
  }

  test('of 256 times 8 KiB are read once', () => {
    const args = Array.from(
      { length: 256 },
      (_, index) => `-----BEGIN PRIVATE KEY-----${' --token x'.repeat(800)}${index}`,
    );
    assert.ok(redactor.arguments(['sh', ...args]).redactions >= 256);
  });

  test('of more telling names than can be read are hidden from there on', () => {
    const { value } = redactor.arguments(['app', `${'=key='.repeat(20_000)}hunter2`]);
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
