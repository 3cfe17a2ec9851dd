import { systemClock } from '../../src/base/clock.ts';
import { PortableEnumerator } from '../../src/process/enumerate/portable/portable-enumerator.ts';
import { whyNotListable } from '../process/enumerate/portable/readers.ts';
import { enumeratorContract } from './enumerator-contract.ts';

enumeratorContract({
  name: 'the portable enumerator',
  make: () => new PortableEnumerator({ clock: systemClock }),
  resolutionMillis: 3_000,
  whyNot: whyNotListable,
});
