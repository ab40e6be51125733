import { createSocket } from 'node:dgram';
import { readFile } from 'node:fs/promises';
import { formatIpv4, type Ipv4 } from '@metal3/dhcp';
import type { Clock } from '@metal3/service';
import type { ConflictProbe } from '../ports.ts';

/** Nothing listens on the discard port, so a machine that lives answers that nothing does. */
const discardPort = 9;
/** A client waits a second or more for its offer (RFC 2131 section 4.1: four, less or more). */
const patienceMs = 400;
/** Addresses asked about at once; beyond, they are offered unasked. */
const mostAtOnce = 64;

const arpTable = '/proc/net/arp';

/**
 * Sends one empty datagram and waits. Who uses the address gives itself away twice without any privilege of ours: by answering the
 * kernel's ARP request, which a firewall cannot forbid, and by "port unreachable". Behind a relay only the latter is to be seen.
 */
export function arpProbe(clock: Clock): ConflictProbe {
  let asking = 0;
  let closed = false;
  return {
    async inUse(address, { mac, link }) {
      if (asking >= mostAtOnce || closed) return false;
      asking++;
      const host = formatIpv4(address);
      try {
        // Entries from before say nothing: the kernel keeps them long after a machine has gone.
        const before = link === undefined ? undefined : await neighbour(host);
        const answered = await datagramAnswered(host, link, clock);
        if (link === undefined) return answered;
        const holder = before === undefined ? await neighbour(host) : answered ? before : undefined;
        return holder !== undefined && holder !== mac;
      } catch {
        return false;
      } finally {
        asking--;
      }
    },
    close() {
      closed = true;
    },
  };
}

/** True when the address answered "port unreachable" in time. */
function datagramAnswered(host: string, link: Ipv4 | undefined, clock: Clock): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    let over = false;
    const end = (answered: boolean) => {
      if (over) return;
      over = true;
      cancel();
      socket.close();
      resolve(answered);
    };
    const cancel = clock.after(patienceMs, () => end(false));
    socket.on('error', (error) => end('code' in error && error.code === 'ECONNREFUSED'));
    socket.bind(0, link === undefined ? undefined : formatIpv4(link), () => {
      if (over) return;
      socket.connect(discardPort, host, () => {
        if (!over) socket.send(new Uint8Array(), () => {});
      });
    });
  });
}

/** Hardware address behind an IP address, as far as the kernel has found one. */
async function neighbour(host: string): Promise<string | undefined> {
  for (const row of (await readFile(arpTable, 'utf8')).split('\n').slice(1)) {
    const [address, , flags = '0', mac] = row.split(/\s+/);
    // 0x2: complete.
    if (address === host && (Number(flags) & 2) !== 0) return mac;
  }
  return undefined;
}
