import { isKubeError } from '@metal3/kube-client';
import type { Reconcile } from '@metal3/kube-controller';
import type { Ip } from '../address/ip.ts';
import type { AddressRegister } from '../register/ports.ts';
import { poolKeyOf } from './claim.ts';
import { type ClaimDecision, decideClaim } from './decide.ts';
import { type ClaimEyes, observeClaim } from './observe.ts';
import { type ClaimOutcome, performClaim } from './perform.ts';
import type { ClaimBook, ClaimNews } from './ports.ts';
import type { WaitingClaims } from './waiting.ts';

export interface ClaimPassParts extends ClaimEyes {
  readonly claims: ClaimBook;
  readonly register: AddressRegister;
  readonly waiting: WaitingClaims;
  readonly news: ClaimNews;
  /** Has a claim looked at again. */
  readonly wake: (key: { readonly namespace?: string | undefined; readonly name: string }) => void;
}

/** One pass over one claim: observe, decide, carry out. What it costs does not depend on how many claims or addresses there are. */
export function claimPass(parts: ClaimPassParts): Reconcile {
  const { claims, waiting, ledgers } = parts;
  return async (key, { signal, log }) => {
    const calledTo = waiting.remove({ kind: claims.kind, key });
    let decision: ClaimDecision | undefined;
    let robbed = false;
    const contested = new Set<string>();
    for (;;) {
      const claim = claims.find(key);
      if (claim === undefined) break;
      decision = decideClaim(observeClaim(claim, parts, { robbed, contested }));
      log.debug({ claim: key, decision: decision.kind }, 'decided');
      // Before anything is awaited: what it waits for may happen meanwhile.
      if (waits(decision)) waiting.add(claim, decision.waitingFor, () => parts.wake(key));
      const pool = poolKeyOf(claim);
      // What had been put down for it in vain: another instance has served it, or the pool no longer has that address.
      if (decision.kind !== 'allocate' && decision.kind !== 'wait') ledgers.letGo(pool, claim.uid);
      const block = (name: string, ip: Ip): void => ledgers.block(pool, name, ip);
      const hands = { ...parts, ledger: ledgers.of(pool), block, signal };
      const outcome: ClaimOutcome = await performClaim(decision, claim, hands).catch((error: unknown) => {
        // The claim went meanwhile; what was made for it is collected.
        if (isKubeError(error, 'NotFound') && claims.find(key) === undefined) return 'done' as const;
        throw error;
      });
      if (outcome === 'done') break;
      if (outcome === 'again') continue;
      if (outcome.found === 'contested') contested.add(outcome.name);
      else robbed ||= decision.kind === 'allocate' && decision.restores;
    }
    const stillInLine = decision?.kind === 'refuse' && decision.waitingFor.what === 'any-address';
    if (calledTo !== undefined && decision?.kind !== 'allocate' && !stillInLine) ledgers.offer(calledTo);
  };
}

function waits(decision: ClaimDecision): decision is ClaimDecision & { readonly kind: 'wait' | 'refuse' } {
  return decision.kind === 'wait' || decision.kind === 'refuse';
}
