import type { TestContext } from 'node:test';

type CleanUp = () => Promise<void> | void;

const registered = new WeakMap<TestContext, CleanUp[]>();

/** As `t.after`, but what was registered last runs first: programs are stopped before the folder they write to goes. */
export function cleanUp(t: TestContext, work: CleanUp): void {
  const known = registered.get(t);
  if (known !== undefined) {
    known.push(work);
    return;
  }
  const stack = [work];
  registered.set(t, stack);
  t.after(async () => {
    for (const next of stack.toReversed()) await next();
  });
}
