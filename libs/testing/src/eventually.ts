/**
 * Waits until `check` stops throwing or returning undefined; fails with its last error after `timeoutMs`. For integration tests. The time
 * is only for what is broken: long enough for a machine that has much else to do.
 */
export async function eventually<T>(
  check: () => T | undefined | Promise<T | undefined>,
  { timeoutMs = 30_000, everyMs = 20 }: { timeoutMs?: number; everyMs?: number } = {},
): Promise<T> {
  const end = Date.now() + timeoutMs;
  let last: unknown = new Error('the condition was never met');
  for (;;) {
    try {
      const value = await check();
      if (value !== undefined) return value;
    } catch (error) {
      last = error;
    }
    if (Date.now() >= end) throw last;
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
