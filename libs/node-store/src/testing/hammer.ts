// A conductor of its own process: takes the lease on one node again and again, and counts under it.
import { openNodeStore } from '../open.ts';
import { isStoreError } from '../contract/errors.ts';
import { testKey } from './harness.ts';

const [url = '', nodeUuid = '', owner = '', wanted = '0'] = process.argv.slice(2);
const store = await openNodeStore({ url, key: testKey, poolSize: 2 });
let counted = 0;
while (counted < Number(wanted)) {
  const claim = await store.work.claimNode(nodeUuid, { owner, leaseMs: 5_000 });
  if (claim === undefined) {
    await new Promise((resume) => setTimeout(resume, 2));
    continue;
  }
  try {
    // Read, let others run, write: without the lease the counts of the others would be lost here.
    const count = Number(claim.node.extra['count'] ?? 0);
    await new Promise((resume) => setImmediate(resume));
    await store.work.update(claim.lease, { patch: { extra: { count: count + 1 } } });
    let released = await store.work.release(claim.lease, claim.work.wakeSeq);
    while (!released.released) released = await store.work.release(released.claim.lease, released.claim.work.wakeSeq);
    counted += 1;
  } catch (error) {
    if (!isStoreError(error, 'LEASE-LOST')) throw error;
  }
}
await store.close();
