/** Waits until a look at what is there finds no fault: for programs that run in the test's own process, on an API server in memory. */
export async function soon(look: () => Promise<void>): Promise<void> {
  for (let turn = 0; ; turn += 1) {
    try {
      return await look();
    } catch (error) {
      if (turn === 400) throw error;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}
