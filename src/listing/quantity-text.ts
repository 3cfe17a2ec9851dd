/** Bytes with three digits or more and a unit of 1024: `13.2M`, `640K`, `7`. At most five characters below a pebibyte. */
export function sizeText(bytes: number): string {
  let size = bytes;
  let unit = 0;
  while (unit < SIZE_UNITS.length - 1 && Math.round(size) >= 1024) {
    size /= 1024;
    unit += 1;
  }
  const digits = unit === 0 || size >= LEAST_WITHOUT_FRACTION ? 0 : 1;
  return `${size.toFixed(digits)}${SIZE_UNITS[unit]}`;
}

/** A span of time by its two greatest units: `42s`, `12m05s`, `3h07m`, `3d04h`, `412d`. Below zero is zero. */
export function durationText(millis: number): string {
  const seconds = Math.max(0, Math.floor(millis / 1000));
  const [minutes, hours, days] = [seconds / 60, seconds / 3600, seconds / 86_400].map(Math.floor) as [
    number,
    number,
    number,
  ];
  if (days >= LEAST_DAYS_ALONE) return `${days}d`;
  if (days > 0) return `${days}d${twoDigits(hours % 24)}h`;
  if (hours > 0) return `${hours}h${twoDigits(minutes % 60)}m`;
  if (minutes > 0) return `${minutes}m${twoDigits(seconds % 60)}s`;
  return `${seconds}s`;
}

/** A moment, UTC, to the second: `2026-11-23T02:29:34Z`. */
export function timeText(epochMillis: number): string {
  return `${new Date(epochMillis).toISOString().slice(0, 19)}Z`;
}

const SIZE_UNITS = ['', 'K', 'M', 'G', 'T', 'P'] as const;
/** From here on a fraction would be a fourth digit. */
const LEAST_WITHOUT_FRACTION = 99.95;
/** From here on the hours tell nobody anything. */
const LEAST_DAYS_ALONE = 100;

function twoDigits(count: number): string {
  return String(count).padStart(2, '0');
}
