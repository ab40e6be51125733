/**
 * Waits until `check` stops throwing or answering undefined or false; fails with its last error after `timeoutMs`. For integration tests. The time
 * is only for what is broken: long enough for a machine that has much else to do.
 */
export async function eventually<T>(
  check: () => T | Promise<T>,
  { timeoutMs = 30_000, everyMs = 20 }: { timeoutMs?: number; everyMs?: number } = {},
): Promise<Exclude<T, undefined | false>> {
  const end = Date.now() + timeoutMs;
  let last: unknown = new Error('the condition was never met');
  for (;;) {
    try {
      const value = await check();
      if (value !== undefined && value !== false) return value as Exclude<T, undefined | false>;
    } catch (error) {
      last = error;
    }
    if (Date.now() >= end) throw last;
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
