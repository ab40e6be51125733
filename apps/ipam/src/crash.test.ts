import { expect, test } from '@jest/globals';
import { type Kind, KubeError } from '@metal3/kube-client';
import { ipAddress, ipClaim, ipPool } from '@metal3/metal3-api';
import { claimLab, namespace } from './testing/claim-lab.ts';

const lab = claimLab();

test.each([
  ['patch', 'ipPool', ipPool],
  ['patch', 'ipClaim', ipClaim],
  ['create', 'ipAddress', ipAddress],
  ['patchStatus', 'ipClaim', ipClaim],
  ['patchStatus', 'ipPool', ipPool],
] as const)(
  'has given every claim its one address in the end when it dies right after a %s of %s',
  async (verb, _name, kind) => {
    dieAfter(verb, kind);
    await lab.makePool();
    for (const name of ['a', 'b']) await lab.makeClaim(name);
    await lab.clock.advance(2_000);
    await lab.stopped();
    lab.start();
    await lab.clock.advance(60_000);
    expect(await lab.indexes()).toEqual({ a: '10.0.0.1', b: '10.0.0.2' });
    expect([await lab.outcome('a'), await lab.outcome('b')]).toEqual(['p-10-0-0-1', 'p-10-0-0-2']);
    expect((await lab.server.list(ipAddress)).items).toHaveLength(2);
  },
);

test.each([
  ['delete', 'ipAddress', ipAddress],
  ['patch', 'ipAddress', ipAddress],
  ['patch', 'ipClaim', ipClaim],
  ['patchStatus', 'ipPool', ipPool],
] as const)('has taken an address back in the end when it dies right after a %s of %s', async (verb, _name, kind) => {
  await lab.makePool();
  for (const name of ['a', 'b']) await lab.makeClaim(name);
  await lab.clock.advance(0);
  dieAfter(verb, kind);
  await lab.server.delete(ipClaim, { namespace, name: 'a' });
  await lab.clock.advance(2_000);
  await lab.stopped();
  lab.start();
  await lab.clock.advance(60_000);
  expect(await lab.indexes()).toEqual({ b: '10.0.0.2' });
  expect(await lab.server.find(ipClaim, { namespace, name: 'a' })).toBeUndefined();
  expect((await lab.server.list(ipAddress)).items).toHaveLength(1);
});

/** The server carries the next such write out, but the process dies before it hears of it. */
function dieAfter(verb: 'patch' | 'patchStatus' | 'create' | 'delete', kind: Kind): void {
  const original = lab.server[verb].bind(lab.server) as (...args: unknown[]) => Promise<unknown>;
  let once = true;
  const dying = async (...args: unknown[]): Promise<unknown> => {
    const answer = await original(...args);
    if (!once || args[0] !== kind) return answer;
    once = false;
    lab.stop();
    throw new KubeError('Unavailable', 'the answer was lost');
  };
  Object.assign(lab.server, { [verb]: dying });
}
