import { systemClock } from '../../src/base/clock.ts';
import { LinuxEnumerator } from '../../src/process/enumerate/linux/linux-enumerator.ts';
import { enumeratorContract } from './enumerator-contract.ts';

enumeratorContract({
  name: 'the enumerator of Linux',
  make: () => new LinuxEnumerator({ procRoot: '/proc', clock: systemClock }),
  resolutionMillis: 10,
  whyNot: () => process.platform !== 'linux' && 'there is no /proc to read on this platform',
});
