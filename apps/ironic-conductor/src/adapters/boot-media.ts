import { type BootClient } from '@metal3/boot-client';
import type { BootEntry } from '@metal3/node-store';
import { isCodedError } from '@metal3/service';
import type { BootMedia } from '../interfaces/boot/perform.ts';
import { EffectProblem, PassingProblem } from '../work/problems.ts';

/** Asks pxe-server, which answers once it has seen the entry. */
export function mediaOfPxeServer(client: Pick<BootClient, 'resolveBoot'>): BootMedia {
  async function resolved({ nodeUuid, capability }: BootEntry, signal: AbortSignal) {
    try {
      const urls = await client.resolveBoot(
        { nodeUuid, capability },
        { signal, timeoutMs: 20_000, waitForReady: true },
      );
      if (urls.isoUrl === '') throw new EffectProblem(`pxe-server offers no ISO for node ${nodeUuid}`);
      return urls;
    } catch (error) {
      if (!isCodedError(error)) throw error;
      const words = `pxe-server did not resolve the boot medium of node ${nodeUuid}: ${error.message}`;
      throw error.class === 'transient' || error.grpcStatus === 'NOT_FOUND'
        ? new PassingProblem(words, { cause: error })
        : new EffectProblem(words, { cause: error });
    }
  }
  return {
    isoUrl: async (entry, signal) => (await resolved(entry, signal)).isoUrl,
    async httpUrls(entry, signal) {
      const { isoUrl, ipxeScriptUrl, efiUrl } = await resolved(entry, signal);
      // BMCs read the medium over TLS where that is configured, under the same name; scripts are always announced by plain HTTP.
      const iso = isoUrl.includes(entry.capability) ? new URL('boot.iso', ipxeScriptUrl).href : isoUrl;
      return { iso, loader: efiUrl === '' ? undefined : efiUrl };
    },
  };
}

/** Derives the URL; pxe-server answers 404 for an entry that it has not seen, and BMCs try again. */
export function mediaByUrl(base: string): BootMedia {
  const media: BootMedia = {
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
    // Nobody can tell whether a loader is configured there; DHCP tells the firmware.
    httpUrls: async (entry, signal) => ({ iso: await media.isoUrl(entry, signal), loader: undefined }),
  };
  return media;
}
