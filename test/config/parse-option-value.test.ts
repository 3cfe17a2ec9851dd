import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SettingValue } from '../../src/config/describe-option.ts';
import { SETTING_OPTIONS } from '../../src/config/option-table.ts';
import { parseOptionValue } from '../../src/config/parse-option-value.ts';

type Row = readonly [text: string, value: SettingValue];
interface Story {
  readonly accepts: readonly Row[];
  readonly refuses: readonly (readonly [text: string, reason: RegExp])[];
}

const NOT_WHOLE = /is not a whole number/;
const SWITCH: Story = {
  accepts: [
    ['true', true],
    ['yes', true],
    ['on', true],
    ['1', true],
    ['True', true],
    ['false', false],
    ['no', false],
    ['off', false],
    ['0', false],
    ['OFF', false],
  ],
  refuses: [
    ['', /neither true nor false/],
    ['2', /neither true nor false/],
    ['enable', /neither true nor false/],
    ['tru', /neither true nor false/],
  ],
};
const PATH: Story = {
  accepts: [
    ['/srv/x y', '/srv/x y'],
    ['relative/x', 'relative/x'],
  ],
  refuses: [
    ['', /is empty/],
    ['  ', /is empty/],
    ['/a\0b', /NUL/],
  ],
};

const TEXT: Story = {
  accepts: [
    ['x', 'x'],
    [' x y=, ', ' x y=, '],
  ],
  refuses: [
    ['', /is empty/],
    [' ', /is empty/],
  ],
};

/** Every option, with what it takes and what it does not. */
const STORIES: Record<string, Story> = {
  'control-socket': {
    accepts: [
      ['/run/p.sock', '/run/p.sock'],
      ['none', ''],
      [`/${'x'.repeat(106)}`, `/${'x'.repeat(106)}`],
    ],
    refuses: [
      ['', /is empty/],
      ['p.sock', /relative path/],
      ['None', /relative path/],
      ['/a\0b', /NUL/],
      [`/${'x'.repeat(107)}`, /has 108 bytes; the path of a Unix socket has room for 107/],
      [`/${'ä'.repeat(54)}`, /has 109 bytes/],
    ],
  },
  path: {
    accepts: [['/bin/true', '/bin/true']],
    refuses: [['bin/true', /relative path/], ...PATH.refuses],
  },
  'analysis-type': TEXT,
  'correlation-id': TEXT,
  priority: {
    accepts: [
      ['low', 'low'],
      ['critical', 'critical'],
    ],
    refuses: [['urgent', /not one of the known values/]],
  },
  metadata: {
    accepts: [
      ['', []],
      ['a=1, b=x=y', ['a=1', 'b=x=y']],
    ],
    refuses: [['a=1,', /is empty/]],
  },
  interval: {
    accepts: [
      ['5', 5_000],
      ['30', 30_000],
      ['3600', 3_600_000],
    ],
    refuses: [
      ['4', /too small/],
      ['0', /too small/],
      ['-5', /too small/],
      ['3601', /too large/],
      ['9007199254740993', /too large/],
      ['10.5', NOT_WHOLE],
      ['10.0', NOT_WHOLE],
      ['1e2', NOT_WHOLE],
      ['0x10', NOT_WHOLE],
      ['30s', NOT_WHOLE],
      [' 30', NOT_WHOLE],
      ['ten', NOT_WHOLE],
      ['NaN', NOT_WHOLE],
      ['Infinity', NOT_WHOLE],
    ],
  },
  'max-processes': {
    accepts: [
      ['0', 0],
      ['500', 500],
      ['4194304', 4_194_304],
    ],
    refuses: [
      ['-1', /too small/],
      ['1.5', NOT_WHOLE],
      ['all', NOT_WHOLE],
      ['99999999999999999999', /too large/],
    ],
  },
  'max-arguments': {
    accepts: [
      ['1', 1],
      ['4096', 4096],
    ],
    refuses: [
      ['0', /too small/],
      ['4097', /too large/],
      ['some', NOT_WHOLE],
    ],
  },
  'max-argument-bytes': {
    accepts: [
      ['256', 256],
      ['32768', 32768],
    ],
    refuses: [
      ['255', /too small/],
      ['32769', /too large/],
      ['some', /not a number of bytes/],
    ],
  },
  'max-text-bytes': {
    accepts: [
      ['256', 256],
      ['16384', 16384],
    ],
    refuses: [
      ['255', /too small/],
      ['16385', /too large/],
      ['some', /not a number of bytes/],
    ],
  },
  'max-record-bytes': {
    accepts: [
      ['8192', 8192],
      ['262144', 262144],
    ],
    refuses: [
      ['8191', /too small/],
      ['262145', /too large/],
      ['some', /not a number of bytes/],
    ],
  },
  'enhanced-metadata': SWITCH,
  'compute-hashes': SWITCH,
  'hash-budget': {
    accepts: [
      ['0', 0],
      ['1', 1_000],
      ['300', 300_000],
    ],
    refuses: [
      ['-1', /too small/],
      ['301', /too large/],
      ['0.5', NOT_WHOLE],
    ],
  },
  'hash-bytes-per-second': {
    accepts: [
      ['0', 0],
      ['64MiB', 67_108_864],
    ],
    refuses: [
      ['-1', /too small/],
      ['64MB', /not a number of bytes/],
    ],
  },
  'hash-concurrency': {
    accepts: [
      ['1', 1],
      ['16', 16],
    ],
    refuses: [
      ['0', /too small/],
      ['17', /too large/],
    ],
  },
  'hash-roots': {
    accepts: [
      ['/opt', '/opt'],
      ['/usr/bin,/opt', '/usr/bin, /opt'],
      ['/usr/bin, /opt', '/usr/bin, /opt'],
    ],
    refuses: [
      ['', /is empty/],
      ['/usr/bin,', /is empty/],
      ['/usr/bin,opt', /relative path/],
      ['/usr/bin,~/bin', /relative path/],
      ['/a\0b', /NUL/],
    ],
  },
  'file-descriptors': SWITCH,
  'refresh-cycles': {
    accepts: [
      ['0', 0],
      ['1', 1],
      ['1000', 1_000],
    ],
    refuses: [
      ['-1', /too small/],
      ['1001', /too large/],
      ['never', NOT_WHOLE],
    ],
  },
  'redact-fingerprints': SWITCH,
  once: SWITCH,
  'kernel-threads': {
    accepts: [
      ['include', 'include'],
      ['inventory', 'inventory'],
      ['exclude', 'exclude'],
    ],
    refuses: [
      ['none', /not one of/],
      ['Include', /not one of/],
      ['', /not one of/],
    ],
  },
  'command-line': {
    accepts: [
      ['none', 'none'],
      ['redacted', 'redacted'],
      ['full', 'full'],
    ],
    refuses: [
      ['redact', /not one of/],
      ['true', /not one of/],
    ],
  },
  enumerator: {
    accepts: [
      ['auto', 'auto'],
      ['proc', 'proc'],
      ['portable', 'portable'],
    ],
    refuses: [
      ['/proc', /not one of/],
      ['linux', /not one of/],
    ],
  },
  endpoint: {
    accepts: [
      ['http://localhost:4318', 'http://localhost:4318/v1/logs'],
      ['https://otel.example/tenant/', 'https://otel.example/tenant/v1/logs'],
    ],
    refuses: [
      ['localhost:4318', /no scheme/],
      ['127.0.0.1', /no scheme/],
      ['grpc://localhost:4317', /grpc:/],
      ['unix:///run/otel.sock', /unix:/],
      ['http://', /not a URL/],
      ['http://a b', /not a URL/],
      ['', /no scheme/],
    ],
  },
  emit: {
    accepts: [
      ['all', 'all'],
      ['changes', 'changes'],
    ],
    refuses: [['change', /not one of/]],
  },
  'inventory-interval': {
    accepts: [
      ['60', 60_000],
      ['604800', 604_800_000],
    ],
    refuses: [
      ['59', /too small/],
      ['604801', /too large/],
      ['1h', NOT_WHOLE],
    ],
  },
  'outbox-max-age': {
    accepts: [
      ['0', 0],
      ['86400', 86_400_000],
    ],
    refuses: [
      ['-1', /too small/],
      ['31536001', /too large/],
      ['1h', NOT_WHOLE],
    ],
  },
  'outbox-max-bytes': {
    accepts: [
      ['1048576', 1_048_576],
      ['1024KiB', 1_048_576],
      ['1 MiB', 1_048_576],
      ['512MiB', 536_870_912],
      ['1GiB', 1_073_741_824],
    ],
    refuses: [
      ['1048575', /too small/],
      ['1KiB', /too small/],
      ['0', /too small/],
      ['-1GiB', /too small/],
      ['9007199254740992', /too large/],
      ['99999999GiB', /too large/],
      ['512MB', /not a number of bytes/],
      ['1.5GiB', /not a number of bytes/],
      ['1gib', /not a number of bytes/],
      ['GiB', /not a number of bytes/],
      ['', /not a number of bytes/],
    ],
  },
  'data-dir': {
    accepts: [['/var/lib/procmond', '/var/lib/procmond']],
    refuses: [
      ['procmond', /relative path/],
      ['./procmond', /relative path/],
      ['~/procmond', /relative path/],
      ['', /is empty/],
      ['/a\0', /NUL/],
    ],
  },
  'metrics-host': {
    accepts: [
      ['127.0.0.1', '127.0.0.1'],
      ['0.0.0.0', '0.0.0.0'],
      ['::1', '::1'],
      ['::', '::'],
      ['localhost', 'localhost'],
      ['node-1.example.org', 'node-1.example.org'],
      ['1st.example', '1st.example'],
    ],
    refuses: [
      ['[::1]', /brackets/],
      ['127.0.0.1:9464', /neither a host name/],
      ['localhost:9464', /neither a host name/],
      ['http://localhost', /neither a host name/],
      ['1.2.3', /neither a host name/],
      ['256.1.1.1', /neither a host name/],
      ['*', /neither a host name/],
      ['-a', /neither a host name/],
      ['a..b', /neither a host name/],
      ['a'.repeat(64), /neither a host name/],
      [`${'a.'.repeat(127)}a`, /neither a host name/],
      ['', /neither a host name/],
    ],
  },
  'metrics-port': {
    accepts: [
      ['0', 0],
      ['9464', 9464],
      ['65535', 65_535],
    ],
    refuses: [
      ['65536', /too large/],
      ['-1', /too small/],
      ['http', NOT_WHOLE],
    ],
  },
  'proc-root': PATH,
  'passwd-file': PATH,
  'group-file': PATH,
  'machine-id-file': PATH,
  config: PATH,
  format: {
    accepts: [
      ['table', 'table'],
      ['json', 'json'],
      ['ndjson', 'ndjson'],
    ],
    refuses: [['yaml', /not one of/]],
  },
  'log-level': {
    accepts: [
      ['error', 'error'],
      ['warn', 'warn'],
      ['info', 'info'],
      ['debug', 'debug'],
    ],
    refuses: [
      ['trace', /not one of/],
      ['INFO', /not one of/],
    ],
  },
  'log-format': {
    accepts: [
      ['text', 'text'],
      ['json', 'json'],
    ],
    refuses: [['logfmt', /not one of/]],
  },
  sort: {
    accepts: [
      ['', []],
      ['cpu', ['cpu']],
      ['-rss,+user, pid', ['-rss', '+user', 'pid']],
      ['CPU', ['cpu']],
      ['-%cpu,mem', ['-cpu', 'rss']],
    ],
    refuses: [
      ['cpuu', /^is not one of the known names$/],
      ['pid,cpuu', /^holds "cpuu", which is not one of the known names$/],
      ['pid,', /^holds "", which is empty$/],
      ['--cpu', /not one of the known names/],
      ['-', /not one of the known names/],
      ['- cpu', /not one of the known names/],
    ],
  },
  reverse: SWITCH,
  columns: {
    accepts: [
      ['', []],
      ['pid,args,exe', ['pid', 'command', 'executable']],
    ],
    refuses: [
      ['-pid', /not one of the known names/],
      ['pid user', /not one of the known names/],
      [`pid,${'x'.repeat(300)}`, /^holds "x{200}…", which is not one of the known names$/],
    ],
  },
  tree: SWITCH,
  user: {
    accepts: [
      ['root', ['root']],
      ['root, 1000', ['root', '1000']],
    ],
    refuses: [
      [',', /^holds "", which is empty$/],
      [' ', /^is empty$/],
    ],
  },
  pid: {
    accepts: [
      ['1', [1]],
      ['1,4194304', [1, 4_194_304]],
    ],
    refuses: [
      ['0', /^is too small$/],
      ['1,-5', /^holds "-5", which is too small$/],
      ['self', /^is not a whole number$/],
      ['1;2', /^is not a whole number$/],
    ],
  },
  state: {
    accepts: [
      ['running,Z', ['running', 'defunct']],
      ['Zombie,disk', ['defunct', 'uninterruptible']],
      ['d', ['uninterruptible']],
      ['t,T', ['stopped', 'stopped']],
    ],
    refuses: [['Q', /not one of the known names/]],
  },
};

for (const option of SETTING_OPTIONS) {
  const story = STORIES[option.name];
  test(`keeps --${option.name} to its type and range`, () => {
    assert.ok(story, 'every option has its values here');
    for (const [text, value] of story.accepts) {
      assert.deepEqual(parseOptionValue(option, text), { ok: true, value }, JSON.stringify(text));
    }
    for (const [text, reason] of story.refuses) {
      const parsed = parseOptionValue(option, text);
      assert.equal(parsed.ok, false, JSON.stringify(text));
      assert.match(parsed.ok ? '' : parsed.reason, reason);
    }
  });
}

test('keeps the nearest name at hand for a mistyped one in a list, with its sign', () => {
  const sort = SETTING_OPTIONS.find(({ name }) => name === 'sort');
  assert.ok(sort);
  const refused = { ok: false, reason: 'is not one of the known names', nearest: '-threads' };
  assert.deepEqual(parseOptionValue(sort, '-thread'), refused);
});

test('keeps the nearest value at hand for a mistyped one', () => {
  const logLevel = SETTING_OPTIONS.find(({ name }) => name === 'log-level');
  assert.ok(logLevel);
  assert.deepEqual(parseOptionValue(logLevel, 'WARN'), {
    ok: false,
    reason: 'is not one of the known values',
    nearest: 'warn',
  });
  assert.deepEqual(parseOptionValue(logLevel, 'verbose'), { ok: false, reason: 'is not one of the known values' });
});
