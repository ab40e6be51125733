import { eventually } from '@metal3/testing';

/** Waits until an assertion holds. */
export async function holds(assertion: () => void, timeoutMs = 30_000): Promise<void> {
  await eventually(
    () => {
      assertion();
      return true;
    },
    { timeoutMs },
  );
}
