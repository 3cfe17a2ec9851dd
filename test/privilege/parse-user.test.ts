import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseUser } from '../../src/privilege/parse-user.ts';

const FILES = {
  passwd: [
    'root:x:0:0:root:/root:/bin/bash',
    '# a comment',
    'toor:x:0:0::/:/bin/sh',
    'procmond:x:998:997:procmond:/var/lib/procmond:/usr/sbin/nologin',
    '1234:x:77:78:a name of digits:/:/bin/false',
    'cut:x:12',
    'huge:x:4294967295:1::/:/bin/false',
    '+::::::',
  ].join('\n'),
  group: 'root:x:0:\nadm:x:4:syslog\nhuge:x:4294967296:\n',
};

const RIGHT: readonly (readonly [text: string, userId: number, groupId: number, why: string])[] = [
  ['procmond', 998, 997, 'a name, with its own group'],
  ['procmond:adm', 998, 4, 'a name and the name of a group'],
  ['procmond:5', 998, 5, 'a name and the number of a group'],
  ['998', 998, 997, 'a number that the file knows, with its own group'],
  ['64999', 64_999, 64_999, 'a number that the file does not know, with the group of that number'],
  ['64999:0', 64_999, 0, 'the group of root, which is no right of root'],
  ['1234', 77, 78, 'a name of digits, which is a name first'],
  ['4294967294', 4_294_967_294, 4_294_967_294, 'the largest there is'],
];
for (const [text, userId, groupId, why] of RIGHT) {
  test(`takes ${text}: ${why}`, () => {
    assert.deepEqual(parseUser(text, FILES), { ok: true, userId, groupId });
  });
}

const WRONG: readonly (readonly [text: string, reason: RegExp])[] = [
  ['root', /^is root, whose rights are what --user takes away$/],
  ['0', /^is root/],
  ['toor', /^is root/],
  ['nobody', /^names a user that is not in \/etc\/passwd; a number does without an entry$/],
  ['procmond:nobody', /^names a group that is not in \/etc\/group/],
  ['cut', /^names a user that is not/],
  ['huge', /^names a user that is not/],
  ['procmond:huge', /^names a group that is not/],
  ['+', /^names a user that is not/],
  ['# a comment', /^names a user that is not/],
  ['4294967295', /^has no user id between 0 and 4294967294$/],
  ['-1', /^names a user/],
  ['007', /^has no user id/],
  ['1e3', /^names a user/],
  ['', /^is not USER or USER:GROUP$/],
  [':4', /^is not USER/],
  ['procmond:', /^is not USER/],
  ['procmond:adm:x', /^is not USER/],
];
for (const [text, reason] of WRONG) {
  test(`refuses "${text}"`, () => {
    const parsed = parseUser(text, FILES);
    assert.ok(!parsed.ok);
    assert.match(parsed.reason, reason);
  });
}

test('takes numbers where there are no files', () => {
  assert.deepEqual(parseUser('5:6', { passwd: '', group: '' }), { ok: true, userId: 5, groupId: 6 });
});
