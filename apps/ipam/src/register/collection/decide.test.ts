import { expect, test } from '@jest/globals';
import type { Claim } from '../../claim/claim.ts';
import type { PoolStanding } from '../../pool/standing/decide.ts';
import type { GivenAddress } from '../ports.ts';
import { decideCollection } from './decide.ts';

const key = { namespace: 'lab', name: 'web' };
const address = (uid: string, more: Partial<GivenAddress> = {}) =>
  ({ claim: { key, uid }, fromPool: true, deleting: false, ...more }) as GivenAddress;
const claim = (uid: string) => ({ key, uid }) as Claim;
const open: PoolStanding = { kind: 'open' };
const paused: PoolStanding = { kind: 'paused', why: 'annotation' };

test.each([
  ['an address whose claim is there is kept', address('1'), claim('1'), open, 'keep'],
  ['an address whose claim is gone may be lost', address('1'), undefined, open, 'ask-first'],
  ['an address whose claim was made anew may be lost', address('1'), claim('2'), open, 'ask-first'],
  ['while its pool is paused a lost address stays', address('1'), undefined, paused, 'later'],
  ['an address made by hand for a claim to come is kept', address('', { fromPool: false }), undefined, open, 'keep'],
  [
    'an address made by hand goes once it is deleted',
    address('', { fromPool: false, deleting: true }),
    undefined,
    open,
    'ask-first',
  ],
  [
    'an address without owners belongs to the claim that it names',
    address('', { fromPool: false }),
    claim('1'),
    open,
    'keep',
  ],
  ['an address that lost only its claim as an owner may be lost', address(''), undefined, open, 'ask-first'],
] as const)('%s', (_, given, found, standing, decision) => {
  expect(decideCollection(given, found, standing).kind).toBe(decision);
});
