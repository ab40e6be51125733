import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { testNetwork } from '@metal3/testing';
import { measureDhcp } from './dhcp.ts';
import { measureHttp } from './http.ts';
import { measureMedia } from './media.ts';
import { boundSite } from './site.ts';
import { measureTftp } from './tftp.ts';

/** What can be measured by itself. */
export const bootParts = ['dhcp', 'tftp', 'http', 'media'] as const;
export type BootPart = (typeof bootParts)[number];
export const isBootPart = (word: string): word is BootPart => bootParts.some((part) => part === word);

/** pxe-server beside what others use for the same, in one run, on a network of its own: each measurement is a file of this folder. */
export async function measureBoot(
  root: string,
  parts: readonly BootPart[],
  say: (line: string) => void,
): Promise<object> {
  const folder = mkdtempSync(join(tmpdir(), 'metal3-bench-boot-'));
  const network = await testNetwork();
  try {
    const site = await boundSite(root, folder, network, say);
    const measurements: Readonly<Record<BootPart, () => Promise<object>>> = {
      dhcp: () => measureDhcp(site),
      tftp: () => measureTftp(site),
      http: () => measureHttp(root, say),
      media: () => measureMedia(root, say),
    };
    const figures: Partial<Record<BootPart, object>> = {};
    for (const part of parts) figures[part] = await measurements[part]();
    return { cores: cpus().length, cpu: cpus()[0]?.model, ...figures };
  } finally {
    await network.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
