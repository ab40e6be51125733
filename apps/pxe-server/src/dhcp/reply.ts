import {
  bootReply,
  formatIpv4,
  lastAddress,
  latin1Bytes,
  messageType,
  netmask,
  option,
  u16,
  u32,
  u8,
  type DhcpClient,
  type DhcpPacket,
  type Ipv4,
} from '@metal3/dhcp';
import { pxeTakeThisFile, type BootAnswer } from './boot-answer.ts';
import type { Subnet } from './subnet.ts';

/** A request with what was read from it. */
export interface Asked {
  readonly packet: DhcpPacket;
  readonly client: DhcpClient;
}

const list = (addresses: readonly Ipv4[]): Uint8Array =>
  Uint8Array.from(addresses.flatMap((address) => [...u32(address)]));

/** Options under construction: forced ones always, the others when the client asked for them or did not say what it wants. */
function optionsFor({ packet, client }: Asked, server: Ipv4, type: number) {
  const options = new Map<number, Uint8Array>([
    [option.messageType, u8(type)],
    [option.serverIdentifier, u32(server)],
  ]);
  const force = (code: number, value: Uint8Array) => void options.set(code, value);
  return {
    options,
    force,
    offer(code: number, value: Uint8Array | undefined) {
      if (value === undefined || value.length === 0) return;
      if (client.wants === undefined || client.wants.has(code)) force(code, value);
    },
    /** Last, so that a reply that is too large keeps what matters more. */
    echo() {
      // RFC 6842, RFC 4578 section 2.4 and RFC 3046 section 2.2.
      for (const code of [option.clientIdentifier, option.clientMachineId, option.relayInformation]) {
        const value = packet.options.get(code);
        if (value !== undefined) force(code, value);
      }
    },
  };
}

function header({ packet }: Asked, yiaddr: Ipv4, options: ReadonlyMap<number, Uint8Array>): DhcpPacket {
  const { htype, xid, flags, giaddr, chaddr } = packet;
  return {
    op: bootReply,
    htype,
    hops: 0,
    xid,
    secs: 0,
    flags,
    ciaddr: 0,
    yiaddr,
    siaddr: 0,
    giaddr,
    chaddr,
    sname: '',
    file: '',
    options,
  };
}

/** Names the boot file wherever clients of all ages look for it: in the header and in options 66, 67 and 150. */
function withBoot(
  packet: DhcpPacket,
  server: Ipv4,
  boot: BootAnswer | undefined,
  { force, offer }: ReturnType<typeof optionsFor>,
): DhcpPacket {
  if (boot === undefined) return packet;
  const { file, tftpServer, vendorClass } = boot;
  if (vendorClass !== undefined) force(option.vendorClass, latin1Bytes(vendorClass));
  // RFC 2132 has no zero at the end; boot ROMs that read on to one exist, and everybody else copes because dnsmasq writes it too.
  const bytes = latin1Bytes(tftpServer === undefined ? file : `${file}\0`);
  if (file.length > 127 || vendorClass !== undefined) force(option.bootFileName, bytes);
  else offer(option.bootFileName, bytes);
  if (tftpServer !== undefined) {
    offer(option.tftpServerName, latin1Bytes(formatIpv4(tftpServer)));
    offer(option.tftpServerAddress, u32(tftpServer));
  }
  return { ...packet, siaddr: tftpServer ?? server, file: file.length > 127 ? '' : file };
}

export interface Terms {
  readonly subnet: Subnet;
  readonly address: Ipv4;
  /** Undefined in the answer to an INFORM. */
  readonly leaseMs: number | undefined;
  readonly hostName: string | undefined;
  readonly boot: BootAnswer | undefined;
}

/** OFFER or ACK of the server that gives the address. */
export function addressReply(asked: Asked, server: Ipv4, type: number, terms: Terms): DhcpPacket {
  const build = optionsFor(asked, server, type);
  const { subnet, address, leaseMs, hostName, boot } = terms;
  if (leaseMs !== undefined) {
    const seconds = Math.floor(leaseMs / 1000);
    build.force(option.leaseTime, u32(seconds));
    // RFC 2131 section 4.4.5: at half of the time, and at seven eighths.
    build.force(option.renewalTime, u32(Math.floor(seconds / 2)));
    build.force(option.rebindingTime, u32(Math.floor((seconds * 7) / 8)));
  }
  build.force(option.subnetMask, u32(netmask(subnet.network.prefix)));
  build.offer(option.broadcastAddress, u32(lastAddress(subnet.network)));
  // RFC 3442: a client that takes static routes ignores the router option, so the default route stands in both.
  build.offer(option.classlessRoutes, routesOf(subnet));
  build.offer(option.router, list(subnet.routers));
  build.offer(option.dnsServers, list(subnet.dnsServers));
  const packet = withBoot(
    { ...header(asked, leaseMs === undefined ? 0 : address, build.options), ciaddr: asked.packet.ciaddr },
    server,
    boot,
    build,
  );
  build.offer(option.domainName, subnet.domain === undefined ? undefined : latin1Bytes(subnet.domain));
  build.offer(option.hostName, hostName === undefined ? undefined : latin1Bytes(hostName));
  build.offer(option.interfaceMtu, subnet.mtu === undefined ? undefined : u16(subnet.mtu));
  build.offer(option.ntpServers, list(subnet.ntpServers));
  // iPXE would wait for the offers of PXE boot servers, which nobody makes here (its option 0xb0, no-pxedhcp).
  if (asked.client.boot?.program === 'ipxe') build.force(option.ipxeEncapsulated, Uint8Array.of(0xb0, 1, 1));
  build.echo();
  return packet;
}

function routesOf({ routes, routers }: Subnet): Uint8Array | undefined {
  if (routes.length === 0) return undefined;
  const [router] = routers;
  const all = router === undefined ? routes : [...routes, { to: { first: 0, prefix: 0 }, via: router }];
  return Uint8Array.from(
    all.flatMap(({ to, via }) => [to.prefix, ...u32(to.first).subarray(0, Math.ceil(to.prefix / 8)), ...u32(via)]),
  );
}

/** NAK: broadcast, because the client's address is the very thing that is wrong (RFC 2131 section 4.3.2). */
export function refusal(asked: Asked, server: Ipv4, why: string): DhcpPacket {
  const build = optionsFor(asked, server, messageType.nak);
  build.force(option.message, latin1Bytes(why.slice(0, 120)));
  build.echo();
  return { ...header(asked, 0, build.options), flags: asked.packet.flags | 0x8000 };
}

/** OFFER or ACK beside a server that gives the addresses: boot file only. */
export function proxyReply(asked: Asked, server: Ipv4, type: number, boot: BootAnswer): DhcpPacket {
  const build = optionsFor(asked, server, type);
  build.force(option.vendorClass, latin1Bytes(boot.vendorClass ?? 'PXEClient'));
  if (boot.vendorClass === undefined) build.force(option.vendorSpecific, pxeTakeThisFile);
  const packet = withBoot(header(asked, 0, build.options), server, boot, build);
  build.echo();
  return packet;
}
