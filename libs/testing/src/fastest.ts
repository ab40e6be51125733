/**
 * Milliseconds that the fastest of some tries took. Whatever else the machine does meanwhile only makes a try slower, so that a bound on
 * the fastest one is a bound on the code.
 */
export async function fastestMs(task: () => unknown, tries = 5): Promise<number> {
  let fastest = Number.POSITIVE_INFINITY;
  for (let at = 0; at < tries; at++) {
    const began = performance.now();
    await task();
    fastest = Math.min(fastest, performance.now() - began);
  }
  return fastest;
}
