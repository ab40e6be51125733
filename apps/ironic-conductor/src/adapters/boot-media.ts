import { type BootClient } from '@metal3/boot-client';
import { isCodedError } from '@metal3/service';
import type { BootMedia } from '../interfaces/boot/perform.ts';
import { EffectProblem, PassingProblem } from '../work/problems.ts';

/** Asks pxe-server, which answers once it has seen the entry. */
export function mediaOfPxeServer(client: Pick<BootClient, 'resolveBoot'>): BootMedia {
  return {
    async isoUrl({ nodeUuid, capability }, signal) {
      try {
        const { isoUrl } = await client.resolveBoot(
          { nodeUuid, capability },
          { signal, timeoutMs: 20_000, waitForReady: true },
        );
        if (isoUrl === '') throw new EffectProblem(`pxe-server offers no ISO for node ${nodeUuid}`);
        return isoUrl;
      } catch (error) {
        if (!isCodedError(error)) throw error;
        const words = `pxe-server did not resolve the boot medium of node ${nodeUuid}: ${error.message}`;
        throw error.class === 'transient' || error.grpcStatus === 'NOT_FOUND'
          ? new PassingProblem(words, { cause: error })
          : new EffectProblem(words, { cause: error });
      }
    },
  };
}

/** Derives the URL; pxe-server answers 404 for an entry that it has not seen, and BMCs try again. */
export function mediaByUrl(base: string): BootMedia {
  return {
    isoUrl({ nodeUuid, capability, kind, isoUrl }) {
      // Nobody is known to have fetched it.
      if (kind === 'iso') return Promise.resolve(isoUrl);
      if (base === '') {
        return Promise.reject(
          new EffectProblem(
            `The boot medium of node ${nodeUuid} cannot be served: neither boot.pxeServer nor boot.mediaUrl is configured`,
          ),
        );
      }
      return Promise.resolve(`${base.replace(/\/+$/, '')}/boot/${capability}/boot.iso`);
    },
  };
}
