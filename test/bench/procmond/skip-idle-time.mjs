// Preloaded into the program, this makes it run cycle after cycle: of each wait for the next cycle only a moment is kept,
// and the monotonic clock is set forward by the rest. All else runs at its own speed. Plain JavaScript, so that nothing
// is loaded to strip types, which would count as the program's memory.
const KEPT_MILLIS = 250;
const LONGEST_CYCLE_WAIT_MILLIS = 5_000;

const setRealTimeout = globalThis.setTimeout;
const realNow = performance.now.bind(performance);
let skippedMillis = 0;

performance.now = () => realNow() + skippedMillis;

globalThis.setTimeout = (callback, millis = 0, ...args) => {
  const skipped = millis > KEPT_MILLIS && millis <= LONGEST_CYCLE_WAIT_MILLIS ? millis - KEPT_MILLIS : 0;
  if (skipped === 0) return setRealTimeout(callback, millis, ...args);
  return setRealTimeout(() => {
    skippedMillis += skipped;
    callback(...args);
  }, KEPT_MILLIS);
};
