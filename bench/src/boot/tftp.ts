import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { median, type Running, type Site } from './site.ts';

const sizeMiB = 16;
const rounds = 3;

/** Files by TFTP to curl, in blocks that fit a frame: one client, and eight at once. */
export async function measureTftp(site: Site): Promise<object> {
  const { folder, serverAddress, client, say } = site;
  const root = join(folder, 'tftp');
  mkdirSync(root);
  writeFileSync(join(root, 'file'), randomBytes(sizeMiB * 1024 * 1024), { mode: 0o644 });
  const get = async () => {
    const url = `tftp://${serverAddress}/file`;
    const said = await client.run('curl', '-sSf', '--max-time', '60', '--tftp-blksize', '1468', '-o', '/dev/null', '-w', '%{speed_download} %{size_download}', url); // prettier-ignore
    const [speed, size] = said.split(' ').map(Number);
    if (size !== sizeMiB * 1024 * 1024) throw new Error(`curl got ${size} bytes`);
    return (speed ?? 0) / 1024 / 1024;
  };
  const servers: Readonly<Record<string, () => Promise<Running>>> = {
    tftpdHpa: () => site.startOther(['in.tftpd', '--foreground', '--user', 'root', '--address', `${serverAddress}:69`, '--secure', root], get), // prettier-ignore
    dnsmasq: () => site.startOther(['dnsmasq', '--keep-in-foreground', '--port=0', '--user=root', '--enable-tftp', `--tftp-root=${root}`], get), // prettier-ignore
    pxeServer: () => site.startPxe({ tftp: { listen: `${serverAddress}:69`, root } }, []),
  };
  const taken = new Map<string, { one: number; eight: number }[]>();
  for (let round = 1; round <= rounds; round++) {
    for (const [name, start] of Object.entries(servers)) {
      const running = await start();
      await get();
      const alone = median([await get(), await get(), await get()]);
      const began = performance.now();
      await Promise.all(Array.from({ length: 8 }, get));
      const together = (8 * sizeMiB * 1000) / (performance.now() - began);
      taken.set(name, [...(taken.get(name) ?? []), { one: Math.round(alone), eight: Math.round(together) }]);
      say(
        `tftp, ${name}, round ${round}: ${Math.round(alone)} MiB/s to one client, ${Math.round(together)} MiB/s to eight`,
      );
      await running.stop();
    }
  }
  const figures = [...taken].map(([name, all]) => [
    name,
    {
      oneClientMiBs: median(all.map(({ one }) => one)),
      eightClientsMiBs: median(all.map(({ eight }) => eight)),
      rounds: all,
    },
  ]);
  return { sizeMiB, blockSize: 1468, ...Object.fromEntries(figures) };
}
