import { type BootClient } from '@metal3/boot-client';
import type { CallOptions } from '@metal3/grpc';
import type { BootEntry } from '@metal3/node-store';
import { isCodedError } from '@metal3/service';
import type { BootMedia } from '../interfaces/boot/perform.ts';
import { EffectProblem, PassingProblem } from '../work/problems.ts';

/** Asks pxe-server, which answers once it has seen the entry. */
export function mediaOfPxeServer(client: Pick<BootClient, 'resolveBoot' | 'resolveConfigDrive'>): BootMedia {
  async function resolved(entry: BootEntry, signal: AbortSignal) {
    const urls = await asked('boot medium', entry, signal, (...call) => client.resolveBoot(...call));
    if (urls.isoUrl === '') throw new EffectProblem(`pxe-server offers no ISO for node ${entry.nodeUuid}`);
    return urls;
  }

  async function asked<T>(
    what: string,
    { nodeUuid, capability }: BootEntry,
    signal: AbortSignal,
    ask: (whose: { nodeUuid: string; capability: string }, options: CallOptions) => Promise<T>,
  ): Promise<T> {
    try {
      return await ask({ nodeUuid, capability }, { signal, timeoutMs: 20_000, waitForReady: true });
    } catch (error) {
      if (!isCodedError(error)) throw error;
      const words = `pxe-server did not resolve the ${what} of node ${nodeUuid}: ${error.message}`;
      throw error.class === 'transient' || error.grpcStatus === 'NOT_FOUND'
        ? new PassingProblem(words, { cause: error })
        : new EffectProblem(words, { cause: error });
    }
  }
  return {
    isoUrl: async (entry, signal) => (await resolved(entry, signal)).isoUrl,
    configDriveUrl: async (entry, signal) =>
      (await asked('config drive', entry, signal, (...call) => client.resolveConfigDrive(...call))).url,
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
  const served = (nodeUuid: string, capability: string, file: string): Promise<string> =>
    base === ''
      ? Promise.reject(
          new EffectProblem(
            `The boot medium of node ${nodeUuid} cannot be served: neither boot.pxeServer nor boot.mediaUrl is configured`,
          ),
        )
      : Promise.resolve(`${base.replace(/\/+$/, '')}/boot/${capability}/${file}`);
  const media: BootMedia = {
    isoUrl({ nodeUuid, capability, kind, isoUrl }) {
      // Nobody is known to have fetched it.
      if (kind === 'iso') return Promise.resolve(isoUrl);
      return served(nodeUuid, capability, 'boot.iso');
    },
    configDriveUrl: ({ nodeUuid, capability }) => served(nodeUuid, capability, 'config-drive.img'),
    // Nobody can tell whether a loader is configured there; DHCP tells the firmware.
    httpUrls: async (entry, signal) => ({ iso: await media.isoUrl(entry, signal), loader: undefined }),
  };
  return media;
}
