/** The local time of day to the millisecond, for a person who reads along: `03:02:01.456`. */
export function timeOfDay(epochMillis: number): string {
  const date = new Date(epochMillis);
  const [hours, minutes, seconds] = [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) =>
    String(part).padStart(2, '0'),
  );
  return `${hours}:${minutes}:${seconds}.${String(date.getMilliseconds()).padStart(3, '0')}`;
}
