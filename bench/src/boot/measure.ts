import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { testNetwork } from '@metal3/testing';
import { measureDhcp } from './dhcp.ts';
import { measureHttp } from './http.ts';
import { measureMedia } from './media.ts';
import { boundSite } from './site.ts';
import { measureTftp } from './tftp.ts';

/** pxe-server beside what others use for the same, in one run, on a network of its own: each measurement is a file of this folder. */
export async function measureBoot(root: string, say: (line: string) => void): Promise<object> {
  const folder = mkdtempSync(join(tmpdir(), 'metal3-bench-boot-'));
  const network = await testNetwork();
  try {
    const site = await boundSite(root, folder, network, say);
    const dhcp = await measureDhcp(site);
    const tftp = await measureTftp(site);
    const http = await measureHttp(root, say);
    const media = await measureMedia(root, say);
    return { cores: cpus().length, cpu: cpus()[0]?.model, dhcp, tftp, http, media };
  } finally {
    await network.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
