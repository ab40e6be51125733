import type { IPAddress, IPClaim, IPPool } from '@metal3/metal3-api';
import { formatIp } from '../address/ip.ts';
import type { Allocator } from '../allocation/allocate.ts';
import { type ClaimDecision, decideClaim } from '../claim/decide.ts';
import type { AddressRegister, ClaimDesk } from './ports.ts';

export interface ClaimHands {
  readonly register: AddressRegister;
  readonly desk: ClaimDesk;
  readonly signal: AbortSignal;
}

/**
 * Carries out what was decided for a claim. Each step may be the last one that happens: what has been registered is
 * found and bound by the next pass, since the address names its claim.
 */
export async function performClaim(
  decision: ClaimDecision,
  claim: IPClaim,
  pool: IPPool,
  allocator: Allocator,
  { register, desk, signal }: ClaimHands,
): Promise<void> {
  switch (decision.kind) {
    case 'settled':
    case 'in-use':
      return;
    case 'release':
      for (const address of decision.addresses) await register.release(address, signal);
      return desk.letGo(claim, signal);
    case 'bind':
      return desk.bind(await desk.hold(claim, signal), decision.address, signal);
    case 'refuse':
      return desk.refuse(claim, decision.message, signal);
    case 'allocate': {
      const held = await desk.hold(claim, signal);
      const address = await registerFree(decision, held, pool, allocator, { register, desk, signal });
      return address === undefined ? undefined : desk.bind(held, address, signal);
    }
  }
}

/** Another pool of the same name prefix may have the address: then the next free one is tried. */
async function registerFree(
  decision: ClaimDecision & { readonly kind: 'allocate' },
  claim: IPClaim,
  pool: IPPool,
  allocator: Allocator,
  { register, desk, signal }: ClaimHands,
): Promise<IPAddress | undefined> {
  let { allocation } = decision;
  for (;;) {
    const address = await register.register(pool, claim, allocation, signal);
    if (address !== 'taken') return address;
    const taken = formatIp(allocation.ip);
    const next = decideClaim({ claim, pool, addresses: [] }, allocator);
    if (next.kind !== 'allocate') {
      await desk.refuse(claim, next.kind === 'refuse' ? next.message : `${taken} is taken`, signal);
      return undefined;
    }
    ({ allocation } = next);
  }
}
