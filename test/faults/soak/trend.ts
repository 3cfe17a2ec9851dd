/** A straight line through samples, by least squares, and how far they lie from it. */
export interface Trend {
  /** Of the value, per unit of `at`. */
  readonly slope: number;
  /** What the line rises by from the first sample to the last. */
  readonly rise: number;
  /** Standard deviation of the samples from the line. */
  readonly noise: number;
}

export interface Sample {
  readonly at: number;
  readonly value: number;
}

/** @throws {Error} where there are fewer than three samples, or all at one moment */
export function trendOf(samples: readonly Sample[]): Trend {
  const first = samples[0];
  const last = samples.at(-1);
  if (first === undefined || last === undefined || samples.length < 3 || first.at === last.at) {
    throw new Error(`${samples.length} samples make no trend`);
  }
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const meanAt = mean(samples.map(({ at }) => at));
  const meanValue = mean(samples.map(({ value }) => value));
  const together = samples.reduce((sum, { at, value }) => sum + (at - meanAt) * (value - meanValue), 0);
  const slope = together / samples.reduce((sum, { at }) => sum + (at - meanAt) ** 2, 0);
  const squares = samples.reduce((sum, { at, value }) => sum + (value - meanValue - slope * (at - meanAt)) ** 2, 0);
  return { slope, rise: slope * (last.at - first.at), noise: Math.sqrt(squares / (samples.length - 2)) };
}

/**
 * Whether it rises by no more than the samples waver anyway: neighbours depend on each other (a heap grows until it is
 * collected), so that the usual error of a slope would call every long wave a trend.
 */
export function isWithinNoise({ rise, noise }: Trend): boolean {
  return rise <= 2 * noise;
}
