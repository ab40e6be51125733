import { isKubeError } from '@metal3/kube-client';
import type { Ip } from '../address/ip.ts';
import { addressName } from '../address/name.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { AddressRegister, GivenAddress } from '../register/ports.ts';
import type { Claim } from './claim.ts';
import type { ClaimDecision } from './decide.ts';
import type { ClaimBook, ClaimNews } from './ports.ts';

export interface ClaimHands {
  readonly claims: ClaimBook;
  readonly register: AddressRegister;
  readonly news: ClaimNews;
  /** Of the claim's pool. */
  readonly ledger: Ledger;
  /** Somebody else has the object of this name. */
  readonly block: (name: string, ip: Ip) => void;
  readonly signal: AbortSignal;
}

/** How a pass ended; or what it has found out, with which another address must be chosen. */
export type ClaimOutcome = 'done' | 'again' | { readonly found: 'taken' | 'contested'; readonly name: string };

/**
 * Carries out what was decided for a claim. Each step may be the last one that happens: what has been registered is found by the next pass,
 * since the address names its claim. The address is put down in the ledger before anything is waited for, so that passes that run side by
 * side never choose the same one.
 */
export async function performClaim(decision: ClaimDecision, claim: Claim, hands: ClaimHands): Promise<ClaimOutcome> {
  const { claims, register, news, ledger, signal } = hands;
  switch (decision.kind) {
    case 'settled':
    case 'in-use':
    case 'wait':
      return 'done';
    case 'release':
      for (const address of decision.addresses) await register.release(address, signal);
      ledger.letGo(claim.uid);
      await claims.letGo(claim, signal);
      return 'done';
    case 'drop':
      for (const address of decision.surplus) await register.release(address, signal);
      return claim.address === undefined ? 'again' : 'done';
    case 'give-up':
      // Another process may just be telling the claim of it. Whoever looks after the first step binds it no more, and whoever has looked before
      // fails at the second, which changes the claim whatever it was.
      await register.withdraw(decision.address, signal);
      await claims.tell(claim, decision.verdict, signal);
      await register.release(decision.address, signal);
      return 'again';
    case 'refuse': {
      const { verdict } = decision;
      if (verdict.errorMessage !== claim.told?.errorMessage) news.refused(claim, verdict.reason, verdict.message);
      await claims.tell(claim, verdict, signal);
      return 'done';
    }
    case 'bind': {
      const held = await claims.hold(claim, signal);
      const { address } = decision;
      const isToldAlready = claim.address === address.key.name;
      if (!isToldAlready && !(await register.confirm(address, signal)))
        return { found: 'contested', name: address.key.name };
      return bind(held, address, hands);
    }
    case 'allocate': {
      const { allocation, pool, restores } = decision;
      ledger.hold(claim.uid, allocation.ip);
      const held = await claims.hold(claim, signal);
      const name = addressName(pool.spec.namePrefix, allocation.ip);
      const address = await registering(
        () => register.register({ name, pool, claim: held, allocation, restores }, signal),
        claim,
        ledger,
      );
      if (address === 'taken') {
        hands.block(name, allocation.ip);
        ledger.letGo(claim.uid);
        return { found: 'taken', name };
      }
      ledger.letGo(claim.uid);
      if (address === 'contested') return { found: 'contested', name };
      return bind(held, address, hands);
    }
  }
}

async function bind(claim: Claim, address: GivenAddress, { claims, news, signal }: ClaimHands): Promise<ClaimOutcome> {
  await claims.bind(claim, address.key.name, signal);
  if (claim.told?.ready === false) news.served(claim, address.text);
  return 'done';
}

/**
 * What the API server has refused for good frees the address; when its answer was lost, the claim keeps it, and the next pass asks for
 * the same one.
 */
async function registering<Answer>(call: () => Promise<Answer>, claim: Claim, ledger: Ledger): Promise<Answer> {
  try {
    return await call();
  } catch (error) {
    if (isKubeError(error) && !error.transient) ledger.letGo(claim.uid);
    throw error;
  }
}
