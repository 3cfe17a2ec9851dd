import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import { ProcmondError } from '../../../src/base/errors.ts';
import { OLDEST_NODE } from '../../../src/base/node-version.ts';
import { checkBoot } from '../../../src/cli/doctor/check-boot.ts';
import { checkEnumerator } from '../../../src/cli/doctor/check-enumerator.ts';
import { checkHostId } from '../../../src/cli/doctor/check-host-id.ts';
import { checkKernelFeed } from '../../../src/cli/doctor/check-kernel-feed.ts';
import { checkNamespace } from '../../../src/cli/doctor/check-namespace.ts';
import { checkNode } from '../../../src/cli/doctor/check-node.ts';
import { checkProcMount } from '../../../src/cli/doctor/check-proc-mount.ts';
import { checkProcesses, unreadableProcesses } from '../../../src/cli/doctor/check-processes.ts';
import { checkRights } from '../../../src/cli/doctor/check-rights.ts';
import type { Finding } from '../../../src/cli/doctor/finding.ts';
import { parseRights, type Rights } from '../../../src/privilege/rights.ts';
import { BOOT, enumerationOf, processOf } from '../../process/process-table.ts';

const PROC = { procRoot: '/proc', platform: 'linux' } as const;
const READ = { rights: rightsOf(1000), tellsDenied: true };
const PACKAGE = new URL('../../../package.json', import.meta.url);

/** @param effective 16 hex digits */
function rightsOf(userId: number, effective = '0'): Rights {
  const lines = [`Uid:\t${userId}\t${userId}`, `Gid:\t${userId}\t${userId}`, `CapEff:\t${effective}`];
  return parseRights(lines.join('\n'));
}

function enumerationWith(denied: Readonly<Record<string, number>> = {}) {
  const deniedFields = new Map(Object.entries(denied));
  return enumerationOf([processOf({ pid: 1 }), processOf({ pid: 7 })], {
    endedAtMillis: 1_000,
    deniedFields,
    vanished: 3,
  });
}

suite('what was found', () => {
  const rows: readonly (readonly [string, Finding, Finding['status'], RegExp, RegExp?])[] = [
    ['a Node.js that is new enough', checkNode('v24.21.0'), 'ok', /^Node\.js v24\.21\.0; 22\.15 is enough$/],
    ['the oldest Node.js', checkNode('v22.15.0'), 'ok', /^Node/],
    ['a Node.js that is too old', checkNode('v22.14.9'), 'problem', /too old$/, /22\.15 or newer/],
    ['one of another line', checkNode('v20.19.4'), 'problem', /too old$/],

    ['/proc on Linux', checkEnumerator('auto', PROC), 'ok', /^\/proc is read, because this is linux$/],
    [
      'systeminformation elsewhere',
      checkEnumerator('auto', { ...PROC, platform: 'darwin' }),
      'note',
      /^systeminformation is asked, because this is darwin$/,
      /exact to about two seconds.*baseline/,
    ],
    ['what was asked for', checkEnumerator('portable', PROC), 'note', /because --enumerator portable asks for it$/],
    [
      'what cannot be',
      checkEnumerator('proc', { ...PROC, platform: 'win32' }),
      'problem',
      /this is win32; leave it at auto$/,
    ],

    [
      'all rights',
      checkRights(rightsOf(0, '000001fffeffffff')),
      'ok',
      /^uid 0, with CAP_DAC_READ_SEARCH, CAP_SYS_PTRACE and 38 more capabilities$/,
      /^run --user NAME drops all but those/,
    ],
    [
      'the rights it has a use for',
      checkRights(rightsOf(64_999, '0000000000080004')),
      'ok',
      /^uid 64999, with CAP_DAC_READ_SEARCH and CAP_SYS_PTRACE$/,
    ],
    [
      'one right',
      checkRights(rightsOf(1000, '0000000000080000')),
      'note',
      /^uid 1000, with CAP_SYS_PTRACE, without CAP_DAC_READ_SEARCH:/,
    ],
    [
      'no rights',
      checkRights(rightsOf(1000, '0000000000000000')),
      'note',
      /^uid 1000, without CAP_DAC_READ_SEARCH and CAP_SYS_PTRACE:/,
      /AmbientCapabilities/,
    ],

    ['a mount that hides nothing', checkProcMount('/proc', 'off', false), 'ok', /^\/proc hides no processes/],
    [
      'a mount that hides, but not from us',
      checkProcMount('/proc', 'invisible', true),
      'ok',
      /hidepid=invisible, which CAP_SYS_PTRACE lifts$/,
    ],
    [
      'a mount that denies',
      checkProcMount('/proc', 'noaccess', false),
      'note',
      /hidepid=noaccess: .*they are left out$/,
      /gid=/,
    ],
    [
      'a mount that hides',
      checkProcMount('/host/proc', 'invisible', false),
      'note',
      /^\/host\/proc is mounted with hidepid=invisible: .*not there at all$/,
    ],
    [
      'a mount that shows what may be traced',
      checkProcMount('/proc', 'ptraceable', false),
      'note',
      /only processes that this user may trace/,
    ],

    ['the first pid namespace', checkNamespace(4_026_531_836), 'ok', /every process of the host/],
    [
      'another pid namespace',
      checkNamespace(4_026_532_511),
      'note',
      /^pid namespace 4026532511, not the first one/,
      /--pid=host.*hostPID.*--proc-root/,
    ],
    ['no pid namespace', checkNamespace(undefined), 'note', /could not be read, so there are no CPIDs$/],

    ['a boot with an id', checkBoot(BOOT), 'ok', new RegExp(`^${BOOT.id}, since 2026-11-23T00:00:00\\.000Z$`)],
    [
      'a boot without',
      checkBoot({ ...BOOT, known: false }),
      'note',
      /no CPIDs, and each start of procmond begins with a baseline$/,
    ],

    ['a host with an id', checkHostId('b0c1', '/etc/machine-id'), 'ok', /^b0c1, of \/etc\/machine-id$/],
    ['a host without', checkHostId(undefined, '/etc/machine-id'), 'note', /records carry none/, /--machine-id-file/],

    [
      'that nothing is fed by the kernel',
      checkKernelFeed(30_000),
      'note',
      /^none is built in: processes are polled every 30 s; short ones between two cycles are missed$/,
      /--interval/,
    ],

    [
      'processes without a denial',
      checkProcesses(enumerationWith(), READ),
      'ok',
      /^2 are seen, and nothing is denied$/,
    ],
    [
      'processes with a denial',
      checkProcesses(enumerationWith({ a: 1 }), READ),
      'note',
      /^2 are seen; the system denies a of 1$/,
      /^uid 1000 lacks CAP_DAC_READ_SEARCH and CAP_SYS_PTRACE: systemd gives it/,
    ],
    [
      'processes with many denials',
      checkProcesses(enumerationWith({ a: 1, d: 2, c: 2, b: 1, e: 1 }), READ),
      'note',
      /denies c of 2, d of 2, a of 1 and 2 more fields$/,
    ],
    [
      'denials that no right lifts',
      checkProcesses(enumerationWith({ a: 1 }), { ...READ, rights: rightsOf(1000, '0000000000080004') }),
      'note',
      /denies a of 1$/,
      /^no right of this user helps/,
    ],
    [
      'processes of which denials are not told',
      checkProcesses(enumerationWith(), { ...READ, tellsDenied: false }),
      'ok',
      /what the system denies of them is not told$/,
    ],
    ['no processes', unreadableProcesses(new ProcmondError('CYCLE_INCOMPLETE', 'no /proc')), 'problem', /^no \/proc$/],
  ];
  for (const [story, finding, status, message, advice] of rows) {
    test(`says so of ${story}`, () => {
      assert.equal(finding.status, status);
      assert.match(finding.message, message);
      if (advice !== undefined) assert.match(finding.advice ?? '', advice);
      if (finding.status === 'problem' && finding.check === 'node') assert.ok(finding.advice !== undefined);
    });
  }
});

test('has figures for programs', () => {
  assert.deepEqual(checkProcesses(enumerationWith({ a: 2 }), READ).facts, {
    visible: 2,
    vanished: 3,
    durationMillis: 100,
    deniedFields: { a: 2 },
  });
  assert.deepEqual(checkRights(rightsOf(5, '0000000000000004')).facts, {
    effectiveUserId: 5,
    effectiveCapabilities: '0000000000000004',
    CAP_DAC_READ_SEARCH: true,
    CAP_SYS_PTRACE: false,
  });
});

test('goes by the Node.js that the package asks for', () => {
  const { engines } = JSON.parse(readFileSync(PACKAGE, 'utf8')) as { engines: { node: string } };
  assert.equal(engines.node, `>=${OLDEST_NODE}`);
});
