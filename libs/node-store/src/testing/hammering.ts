import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { openNodeStore } from '../open.ts';
import { enrol, testKey } from './harness.ts';

const run = promisify(execFile);
const hammer = fileURLToPath(new URL('./hammer.ts', import.meta.url));

/** Lets `processes` conductors, each a process, count on one node under its lease while this process keeps waking it; the final count. */
export async function hammerOneNode(url: string, processes: number, times: number): Promise<number> {
  const store = await openNodeStore({ url, key: testKey });
  const uuid = await enrol(store, 'anvil');
  const conductors = Array.from({ length: processes }, (_, index) =>
    run(process.execPath, [hammer, url, uuid, `conductor-${index}`, String(times)], { timeout: 150_000 }),
  );
  let running = true;
  const waking = (async () => {
    while (running) {
      await store.work.wake(uuid);
      await new Promise((resume) => setTimeout(resume, 20));
    }
  })();
  try {
    await Promise.all(conductors);
  } finally {
    running = false;
    await waking;
  }
  const { extra } = await store.nodes.get(uuid);
  await store.close();
  return Number(extra['count']);
}
