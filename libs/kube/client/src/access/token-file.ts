import { readFile } from 'node:fs/promises';
import { ClusterAccessError, type Credentials } from './access.ts';

/** Projected tokens are replaced by the kubelet well before they expire; once a minute is what client-go reads. */
const rereadMs = 60_000;

/** A bearer token in a file that someone else keeps fresh. */
export function tokenFile(path: string, now: () => number): Credentials {
  let known: { readonly token: string; readonly readAt: number } | undefined;
  return {
    async current() {
      if (known === undefined || now() - known.readAt >= rereadMs) {
        const token = await readFile(path, 'utf8').catch((cause: unknown) => {
          throw new ClusterAccessError(`cannot read the service account token ${path}`, { cause });
        });
        known = { token: token.trim(), readAt: now() };
      }
      return { authorization: `Bearer ${known.token}` };
    },
    refused: () => void (known = undefined),
  };
}
