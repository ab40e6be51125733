import { capabilityOf, nodeOf, rssMiB, startMediaSite, type MediaSite } from './media-site.ts';

export interface MediaFigures {
  readonly hosts: number;
  /** From the entry's arrival to the answer that names its medium, one machine after the other, files being there. Milliseconds. */
  readonly createMs: { readonly p50: number; readonly p99: number; readonly longest: number };
  /** The same for all hosts at once: milliseconds for each. */
  readonly createMsEachAtOnce: number;
  readonly ownBytesPerHost: number;
  readonly rssMiB: { readonly before: number; readonly after: number; readonly perHostKiB: number };
}

const hosts = 1_000;
const oneByOne = 200;

/** Boot media of a thousand hosts: how long they take, and what each costs. */
export async function measureMedia(root: string, say: (line: string) => void): Promise<MediaFigures> {
  const site = await startMediaSite(root);
  try {
    await ready(site, 0);
    const before = rssMiB(site.pid);
    const times: number[] = [];
    for (let index = 1; index <= oneByOne; index++) {
      const began = performance.now();
      site.add(index);
      await resolve(site, index);
      times.push(performance.now() - began);
    }
    const rest = Array.from({ length: hosts - oneByOne - 1 }, (_, index) => oneByOne + 1 + index);
    const began = performance.now();
    for (const index of rest) site.add(index);
    await Promise.all(rest.map((index) => resolve(site, index)));
    const atOnce = (performance.now() - began) / rest.length;
    const after = rssMiB(site.pid);
    times.sort((one, other) => one - other);
    const at = (share: number) => round(times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0);
    const figures: MediaFigures = {
      hosts,
      createMs: { p50: at(0.5), p99: at(0.99), longest: at(1) },
      createMsEachAtOnce: round(atOnce),
      ownBytesPerHost: Math.round((await site.metric('pxe_boot_media_own_bytes')) / hosts),
      rssMiB: {
        before: round(before),
        after: round(after),
        perHostKiB: round(((after - before) / (hosts - 1)) * 1024),
      },
    };
    say(`media of ${hosts} hosts: ${JSON.stringify(figures)}`);
    return figures;
  } finally {
    await site.stop();
  }
}

async function ready(site: MediaSite, index: number): Promise<void> {
  site.add(index);
  await resolve(site, index);
}

const resolve = (site: MediaSite, index: number) =>
  site.boot.resolveBoot(
    { nodeUuid: nodeOf(index), capability: capabilityOf(index) },
    { timeoutMs: 60_000, waitForReady: true },
  );

const round = (value: number) => Math.round(value * 100) / 100;
