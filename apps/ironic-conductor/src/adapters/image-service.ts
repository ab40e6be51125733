import type { BootClient, ImageOperation } from '@metal3/boot-client';
import { isCodedError } from '@metal3/service';
import type { ImageService, PreparedImage } from '../verbs/deploy/local-image.ts';
import { EffectProblem } from '../work/problems.ts';

/** Images are fetched, checked and converted by pxe-server, and served by it to agents. */
export function imagesOfPxeServer(client: Pick<BootClient, 'startImageCache' | 'getImageOperation'>): ImageService {
  return {
    async start(request, signal) {
      return imageOf(
        (await client.startImageCache(request, { signal, waitForReady: true, timeoutMs: 20_000 })).operation,
      );
    },
    async look(operation, signal) {
      try {
        const answer = await client.getImageOperation(
          { id: operation },
          { signal, waitForReady: true, timeoutMs: 20_000 },
        );
        return imageOf(answer.operation);
      } catch (error) {
        // Another replica may be asked now, or this one has forgotten it: the same request has the same name everywhere.
        if (isCodedError(error, 'IMAGE-OPERATION-UNKNOWN')) return undefined;
        throw error;
      }
    },
  };
}

/** Where no pxe-server is configured. */
export const noImages: ImageService = {
  start: () =>
    Promise.reject(new EffectProblem('image_download_source is "local", which needs a pxe-server: set boot.pxeServer')),
  look: () => Promise.resolve(undefined),
};

function imageOf(operation: ImageOperation | undefined): PreparedImage {
  if (operation === undefined) throw new EffectProblem('pxe-server answered without an image operation');
  const { id, state, stage, bytesDone, bytesTotal, servedUrl, digest, diskFormat } = operation;
  switch (state) {
    case 'done':
      return { operation: id, state: 'done', url: servedUrl, sha256: digest, diskFormat };
    case 'failed':
      return { operation: id, state: 'failed', error: [operation.errorMessage, operation.errorRemedy].join('. ') };
    default: {
      const percent = bytesTotal > 0n ? Number((bytesDone * 100n) / bytesTotal) : null;
      return { operation: id, state: 'running', stage, percent };
    }
  }
}
