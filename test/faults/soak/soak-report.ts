import type { SoakResult, TimedHoldings } from './run-soak.ts';
import { isWithinNoise, trendOf } from './trend.ts';

const MEBIBYTE = 1024 ** 2;

/** What a soak came to, for people. */
export function soakReport(result: SoakResult): string {
  const { balance, watched } = result;
  const counts = (map: ReadonlyMap<string, number>) => [...map].map(([name, count]) => `${name} ${count}`).join(', ');
  const first = watched[0];
  const last = watched.at(-1);
  const lines = [
    `${(result.seconds / 60).toFixed(1)} minutes, ${result.lives} lives, ${result.reloads} reloads, outages: ${counts(result.outages)}`,
    `records  ${balance.lastSeq} committed, ${balance.arrived} delivered, ${balance.waiting} waiting, ${balance.lost.length} lost, ${balance.repeated} again, ` +
      `${balance.altered.length} of them altered, ${balance.disordered.length} out of order, ${balance.sharedUids} shared uids`,
    `         ${counts(result.eventNames)}`,
    `errors   ${result.errors.length} lines in the logs; the last life ended with ${result.exit}`,
  ];
  if (first === undefined || last === undefined) return lines.join('\n');
  const cpu = (100 * (last.cpuSeconds - first.cpuSeconds)) / (last.atSeconds - first.atSeconds);
  return [
    ...lines,
    `the last life from ${first.atSeconds.toFixed(0)} s to ${last.atSeconds.toFixed(0)} s, ${watched.length} looks:`,
    memoryLine('RssAnon', watched, 'anonymousBytes'),
    memoryLine('VmRSS', watched, 'residentBytes'),
    countLine('files', watched, 'fileDescriptors'),
    countLine('handles', watched, 'activeResources'),
    countLine('seen', watched, 'processes'),
    `CPU      ${cpu.toFixed(2)} % of one core`,
  ].join('\n');
}

function memoryLine(label: string, watched: readonly TimedHoldings[], key: 'anonymousBytes' | 'residentBytes'): string {
  const trend = trendOf(watched.map((one) => ({ at: one.atSeconds / 3600, value: one[key] / MEBIBYTE })));
  const values = watched.map((one) => one[key] / MEBIBYTE);
  const verdict = isWithinNoise(trend) ? 'within noise' : 'BEYOND noise';
  const sixth = Math.ceil(values.length / 6);
  const parts = [0, 1, 2, 3, 4, 5].map((part) => values.slice(part * sixth, (part + 1) * sixth));
  const means = parts
    .filter((part) => part.length > 0)
    .map((part) => part.reduce((sum, one) => sum + one) / part.length);
  return (
    `${label.padEnd(8)} ${Math.min(...values).toFixed(1)} to ${Math.max(...values).toFixed(1)} MiB, slope ` +
    `${trend.slope.toFixed(2)} MiB/h, rise ${trend.rise.toFixed(2)} MiB, noise ${trend.noise.toFixed(2)} MiB: ${verdict}; means of six parts ` +
    means.map((mean) => mean.toFixed(1)).join(' ')
  );
}

function countLine(
  label: string,
  watched: readonly TimedHoldings[],
  key: 'fileDescriptors' | 'activeResources' | 'processes',
): string {
  const trend = trendOf(watched.map((one) => ({ at: one.atSeconds / 3600, value: one[key] })));
  const values = watched.map((one) => one[key]);
  return `${label.padEnd(8)} ${Math.min(...values)} to ${Math.max(...values)}, slope ${trend.slope.toFixed(2)}/h, rise ${trend.rise.toFixed(2)}`;
}
