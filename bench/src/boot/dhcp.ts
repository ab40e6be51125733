import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LoadFigures } from './dhcp-load.ts';
import { median, type Running, type Site } from './site.ts';

const machines = 1000;
/** Seconds of load of each kind, and exchanges at most. */
const seconds = 4;
const exchanges = 20_000;
const rounds = 3;
const load = join(import.meta.dirname, 'dhcp-load.ts');
const macOf = (index: number) => `52:54:00:00:${(index >> 8).toString(16).padStart(2, '0')}:${(index & 255).toString(16).padStart(2, '0')}`; // prettier-ignore

/** DISCOVER, OFFER, REQUEST, ACK of a thousand machines, again and again, through a relay; leases on the same disk. */
export async function measureDhcp(site: Site): Promise<object> {
  const { folder, serverAddress, say } = site;
  const range = '198.18.1.0,198.18.100.255,255.255.0.0,1h';
  const dnsmasq = (name: string, lines: readonly string[]) => {
    mkdirSync(join(folder, name), { recursive: true });
    const conf = join(folder, name, 'dnsmasq.conf');
    const common = ['port=0', 'bind-dynamic', 'interface=eth0', 'user=root', 'no-ping', 'dhcp-authoritative', 'dhcp-lease-max=65535', 'quiet-dhcp', `dhcp-range=${range}`]; // prettier-ignore
    writeFileSync(conf, [...common, ...lines].join('\n'));
    return ['dnsmasq', '--keep-in-foreground', `--conf-file=${conf}`];
  };
  const answers = () => drive(site, { exchanges: 1, seconds: 1, inFlight: 1 });

  const pxe = (name: string) => () =>
    site.startPxe(
      {
        dhcp: {
          mode: 'server',
          listen: serverAddress,
          leaseFile: join(folder, name),
          conflictProbe: false,
          subnets: [{ network: '198.18.0.0/16', ranges: ['198.18.1.0-198.18.100.255'] }],
        },
      },
      Array.from({ length: machines }, (_, index) => macOf(index)),
    );
  const servers: Readonly<Record<string, () => Promise<Running>>> = {
    dnsmasq: () => site.startOther(dnsmasq('dm', [`dhcp-leasefile=${join(folder, 'dm/leases')}`]), answers),
    dnsmasqWithoutLeaseFile: () => site.startOther(dnsmasq('dmro', ['leasefile-ro']), answers),
    pxeServer: pxe('leases.jsonl'),
  };
  // In turns, so that whatever else the computer does falls on all of them alike.
  const taken = new Map<string, Round[]>();
  for (let round = 1; round <= rounds; round++) {
    for (const [name, start] of Object.entries(servers)) {
      const running = await start();
      // So that every machine has its lease and the code has been compiled.
      await drive(site, { exchanges: 2 * machines, seconds: 20, inFlight: 16 });
      running.usage();
      const alone = await drive(site, { exchanges, seconds, inFlight: 1 });
      const together = await drive(site, { exchanges, seconds, inFlight: 64 });
      const { cpuMs, pssMiB } = running.usage();
      const cpuMsPer1000 = Math.round((cpuMs / (alone.exchanges + together.exchanges)) * 1000);
      taken.set(name, [...(taken.get(name) ?? []), { alone, together, cpuMsPer1000, pssMiB }]);
      say(
        `dhcp, ${name}, round ${round}: ${together.perSecond} exchanges/s, p99 ${together.p99Ms} ms; alone p99 ${alone.p99Ms} ms`,
      );
      await running.stop();
    }
  }
  const figures = [...taken].map(([name, all]) => [
    name,
    {
      perSecond: median(all.map(({ together }) => together.perSecond)),
      p99Ms: median(all.map(({ together }) => together.p99Ms)),
      aloneP50Ms: median(all.map(({ alone }) => alone.p50Ms)),
      aloneP99Ms: median(all.map(({ alone }) => alone.p99Ms)),
      cpuMsPer1000: median(all.map(({ cpuMsPer1000 }) => cpuMsPer1000)),
      pssMiB: median(all.map(({ pssMiB }) => pssMiB)),
      rounds: all,
    },
  ]);
  return { machines, inFlight: 64, ...Object.fromEntries(figures) };
}

interface Round {
  readonly alone: LoadFigures;
  readonly together: LoadFigures;
  readonly cpuMsPer1000: number;
  readonly pssMiB: number;
}

/** Runs the load in the client's namespace. */
async function drive(site: Site, wish: { exchanges: number; seconds: number; inFlight: number }): Promise<LoadFigures> {
  const { client, serverAddress, clientAddress, folder } = site;
  const out = join(folder, 'load.json');
  const input = JSON.stringify({ ...wish, machines, server: serverAddress, relay: clientAddress, out });
  const child = client.start(process.execPath, '--disable-warning=ExperimentalWarning', load, input);
  let said = '';
  child.stderr?.on('data', (text: Buffer) => (said += text.toString()));
  const [code] = (await once(child, 'close')) as [number];
  if (code !== 0) throw new Error(`the load of DHCP failed: ${said}`);
  return JSON.parse(readFileSync(out, 'utf8')) as LoadFigures;
}
