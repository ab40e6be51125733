// Gets an address for a machine from a pool, or says why there is none; with --release gives it back.
//
//   node allocate.ts --server 127.0.0.1:50053 --namespace lab --pool rack-1 --claim web-1
//   node allocate.ts --server ipam.metal3-ipam-system:50053 --ca ca.crt --cert tls.crt --key tls.key ...
import { parseArgs } from 'node:util';
import { addressClient, allAddresses } from '@metal3/ipam-client';

const { values } = parseArgs({
  options: {
    server: { type: 'string', default: '127.0.0.1:50053' },
    ca: { type: 'string', default: '' },
    cert: { type: 'string', default: '' },
    key: { type: 'string', default: '' },
    token: { type: 'string', default: '' },
    namespace: { type: 'string', default: 'default' },
    pool: { type: 'string', default: '' },
    claim: { type: 'string', default: '' },
    address: { type: 'string', default: '' },
    release: { type: 'boolean', default: false },
  },
});
const { namespace, pool, claim } = values;
const addresses = addressClient({
  address: values.server,
  tlsCaFile: values.ca,
  tlsCertFile: values.cert,
  tlsKeyFile: values.key,
  tokenFile: values.token,
});

try {
  if (values.release) await release();
  else await allocate();
} catch (error) {
  // Every failure has a code to match on and says what helps; its text is for people.
  const { code, message, remedy } = error as { code?: string; message: string; remedy?: string };
  console.error(`${code}: ${message}\n${remedy ?? ''}`);
  process.exitCode = 1;
} finally {
  addresses.close();
}

async function allocate(): Promise<void> {
  // Named after the machine, the order can be repeated after any failure: it answers the same address.
  const order = { requestId: `provision-${claim}`, namespace, pool, claim, requestedAddress: values.address };
  const { address } = await addresses.allocateAddress(order, { timeoutMs: 10_000 });
  console.log(`${claim} has ${address?.address}/${address?.prefix}, gateway ${address?.gateway || 'none'}`);

  const { pool: usage } = await addresses.getPool({ namespace, name: pool });
  console.log(`${pool}: ${usage?.used} of ${usage?.total} in use, ${usage?.free} free`);
  for await (const one of allAddresses(addresses, { namespace, pool })) {
    console.log(`  ${one.address}  ${one.claimKind} ${one.claim}`);
  }
}

async function release(): Promise<void> {
  const { heldBy } = await addresses.releaseAddress({ namespace, claim });
  console.log(heldBy.length === 0 ? `${claim} is released` : `${claim} is released once ${heldBy.join(', ')} let go`);
}
