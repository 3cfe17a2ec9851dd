import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { commonProcessId } from '../../../../src/process/enumerate/linux/cpid.ts';

/**
 * Expected values by Python's own hash and UUID classes:
 *
 *   packed = uuid.UUID(bootId).bytes + struct.pack('<QQq', pidNamespace, startTicks, virtualPid)
 *   id = bytearray(hashlib.sha256(packed).digest()[:16])
 *   id[6] = id[6] & 0x0f | 0x80; id[8] = id[8] & 0x3f | 0x80
 *   str(uuid.UUID(bytes=bytes(id)))
 */
const VECTORS = [
  [
    {
      bootId: '5c9a9e1f-3b52-4b3e-9d5e-0a1b2c3d4e5f',
      pidNamespace: 4_026_531_836,
      startTicks: 123_456,
      virtualPid: 4242,
    },
    '989b465f-b794-80b6-a66b-992e9bb1ed21',
  ],
  [
    { bootId: '00000000-0000-0000-0000-000000000000', pidNamespace: 0, startTicks: 0, virtualPid: 0 },
    '2c34ce1d-f23b-838c-9abf-2a7f6437cca3',
  ],
  [
    {
      bootId: 'ffffffff-ffff-ffff-ffff-ffffffffffff',
      pidNamespace: 4_294_967_295,
      startTicks: Number.MAX_SAFE_INTEGER,
      virtualPid: 4_194_304,
    },
    '6bb8ea09-dc2c-8be1-a52b-490e24f4870f',
  ],
] as const;

suite('the common process id', () => {
  for (const [inputs, expected] of VECTORS) {
    test(`is what another implementation makes of pid ${inputs.virtualPid}`, () => {
      assert.equal(commonProcessId(inputs), expected);
    });
  }

  test('differs when any input does', () => {
    const [inputs] = VECTORS[0];
    const others = [
      { ...inputs, bootId: inputs.bootId.replace('5f', '60') },
      { ...inputs, pidNamespace: inputs.pidNamespace + 1 },
      { ...inputs, startTicks: inputs.startTicks + 1 },
      { ...inputs, virtualPid: inputs.virtualPid + 1 },
    ];
    assert.equal(new Set([inputs, ...others].map(commonProcessId)).size, 5);
  });
});
