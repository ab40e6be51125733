// The same requests to dnsmasq and to pxe-server, on two networks alike: answers compared field by field and option by option.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { formatIpv4, formatPacket, option, parsePacket, readIpv4, u16, u32, u8, type DhcpPacket } from '@metal3/dhcp';
import { type Machine, type TestNetwork, eventually, testNetwork } from '@metal3/testing';
import { startPxeServer } from './pxe-process.ts';
import { exchange } from './raw-client.ts';

let folder: string;
let network: TestNetwork;
/** Two networks that are alike: on one dnsmasq serves, on the other pxe-server. The client is the same machine on both. */
interface Pair {
  readonly dnsmasq: Machine;
  readonly pxe: Machine;
}
/** They give addresses. */
let servers: Pair;
/** They only say what to boot, beside a server that gives the addresses. */
let proxies: Pair;

async function pair(name: string, dnsmasqConf: readonly string[], dhcp: object): Promise<Pair> {
  const [theirs, ours] = [
    await network.machine(`${name}-dnsmasq`, { address: '192.0.2.1/24', on: `${name}0` }),
    await network.machine(`${name}-pxe`, { address: '192.0.2.1/24', on: `${name}1` }),
  ];
  const client = { mac: '52:54:00:00:00:01', address: '192.0.2.250/24' };
  const clients = {
    dnsmasq: await network.machine(`${name}-a`, { ...client, on: `${name}0` }),
    pxe: await network.machine(`${name}-b`, { ...client, on: `${name}1` }),
  };
  // Broadcasts of a socket without an address of its own go where the default route leads.
  for (const one of Object.values(clients)) await one.run('ip', 'route', 'add', 'default', 'dev', 'eth0');
  const conf = join(folder, `${name}.conf`);
  const common = ['port=0', 'bind-dynamic', 'interface=eth0', 'user=root', 'no-ping', 'leasefile-ro'];
  await writeFile(conf, [...common, ...dnsmasqConf].join('\n'));
  theirs.start('dnsmasq', '--no-daemon', `--conf-file=${conf}`);
  const leaseFile = join(folder, `${name}.jsonl`);
  const config = {
    http: { listen: '192.0.2.1:6180' },
    dhcp: { listen: '192.0.2.1', leaseFile, unknown: 'discover', conflictProbe: false, ...dhcp },
  };
  await startPxeServer(ours, join(folder, name), config, []);
  await eventually(async () => {
    const wish = broadcast(request({ options: pxe(7) }));
    const [[answer] = []] = await exchange(clients.dnsmasq, { from: 68, waitMs: 700 }, [wish]);
    return answer;
  });
  return clients;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pxe-dnsmasq-'));
  network = await testNetwork();
  servers = await pair(
    'srv',
    [
      'dhcp-authoritative',
      'dhcp-range=192.0.2.100,192.0.2.199,3600',
      'dhcp-host=52:54:00:00:00:01,192.0.2.10',
      'dhcp-host=52:54:00:00:00:02,192.0.2.11,two',
      // Empty: no default route.
      'dhcp-option=3',
      'dhcp-option=6,192.0.2.53',
      'dhcp-option=15,lab.example',
      'dhcp-option=26,1400',
      'dhcp-option=42,192.0.2.123',
      'dhcp-option=121,198.51.100.0/24,192.0.2.254',
      'dhcp-match=set:ipxe,175',
      'dhcp-match=set:efi,option:client-arch,7',
      'dhcp-match=set:efi,option:client-arch,9',
      'dhcp-match=set:efihttp,option:client-arch,16',
      'dhcp-boot=tag:ipxe,http://192.0.2.1:6180/boot.ipxe',
      'dhcp-boot=tag:efi,tag:!ipxe,snponly.efi',
      'dhcp-option-force=tag:efihttp,60,HTTPClient',
      'dhcp-boot=tag:efihttp,http://192.0.2.1:6180/loaders/snponly.efi',
      'dhcp-boot=tag:!efi,tag:!efihttp,tag:!ipxe,undionly.kpxe',
    ],
    {
      mode: 'server',
      reservations: ['52:54:00:00:00:01=192.0.2.10', '52:54:00:00:00:02=192.0.2.11=two'],
      subnets: [
        {
          network: '192.0.2.0/24',
          ranges: ['192.0.2.100-192.0.2.199'],
          dnsServers: ['192.0.2.53'],
          ntpServers: ['192.0.2.123'],
          domain: 'lab.example',
          mtu: 1400,
          routes: ['198.51.100.0/24=192.0.2.254'],
        },
      ],
    },
  );
  proxies = await pair(
    'prx',
    [
      'dhcp-range=192.0.2.0,proxy',
      'dhcp-match=set:ipxe,175',
      'pxe-service=tag:!ipxe,x86PC,"iPXE",undionly.kpxe',
      'pxe-service=tag:!ipxe,7,"iPXE",snponly.efi',
      'dhcp-boot=tag:ipxe,http://192.0.2.1:6180/boot.ipxe',
    ],
    { mode: 'proxy' },
  );
}, 120_000);

afterAll(async () => {
  await network?.close();
  await rm(folder, { recursive: true, force: true });
});

interface Wish {
  readonly mac?: string;
  readonly type?: number;
  readonly options?: Readonly<Record<number, Uint8Array | string>>;
  readonly header?: Partial<DhcpPacket>;
}

const ipv4 = (text: string) => readIpv4(text) ?? 0;
let xid = 1;

function request({ mac = '52:54:00:00:00:01', type = 1, options = {}, header = {} }: Wish): DhcpPacket {
  const more = Object.entries(options).map(([code, value]): [number, Uint8Array] => [Number(code), Buffer.from(value)]);
  return {
    op: 1, htype: 1, hops: 0, xid: xid++, secs: 0, flags: 0x8000, ciaddr: 0, yiaddr: 0, siaddr: 0, giaddr: 0, sname: '', file: '',
    chaddr: Buffer.from(mac.replaceAll(':', ''), 'hex'),
    options: new Map([[option.messageType, u8(type)], ...more]),
    ...header,
  }; // prettier-ignore
}

const broadcast = (packet: DhcpPacket) => ({
  bytes: formatPacket(packet, 1400).bytes,
  host: '255.255.255.255',
  port: 67,
});

/** An answer as people read it; undefined for none. */
function describe(bytes: Uint8Array | undefined): Record<string, string> | undefined {
  if (bytes === undefined) return undefined;
  const { xid: _xid, chaddr, options, ...rest } = parsePacket(bytes);
  const { yiaddr, siaddr, giaddr, ciaddr, file, sname, flags } = rest;
  return {
    yiaddr: formatIpv4(yiaddr), siaddr: formatIpv4(siaddr), giaddr: formatIpv4(giaddr), ciaddr: formatIpv4(ciaddr),
    flags: flags.toString(16), file, sname, chaddr: Buffer.from(chaddr).toString('hex'),
    ...Object.fromEntries([...options].map(([code, value]) => [`option ${code}`, Buffer.from(value).toString('hex')])),
  }; // prettier-ignore
}

async function bothAnswer(clients: Pair, port: number, ...packets: readonly DhcpPacket[]) {
  const sent = packets.map((packet) => ({ ...broadcast(packet), ...(port === 67 ? {} : { host: '192.0.2.1', port }) }));
  const [theirs, ours] = await Promise.all([
    exchange(clients.dnsmasq, { from: 68 }, sent),
    exchange(clients.pxe, { from: 68 }, sent),
  ]);
  const last = packets.length - 1;
  return { theirs: describe(theirs[last]?.[0]?.bytes), ours: describe(ours[last]?.[0]?.bytes) };
}

/** What differs, as `field: dnsmasq's -> ours`. */
function differences({ theirs = {}, ours = {} }: Awaited<ReturnType<typeof bothAnswer>>): string[] {
  return [...new Set([...Object.keys(theirs), ...Object.keys(ours)])]
    .filter((field) => theirs[field] !== ours[field])
    .map(
      (field) =>
        `${field}: ${field === 'option 51' ? 'a while' : (theirs[field] ?? 'none')} -> ${ours[field] ?? 'none'}`,
    )
    .sort();
}

const everything = Uint8Array.of(1, 3, 6, 12, 15, 26, 28, 42, 43, 51, 54, 58, 59, 60, 66, 67, 97, 121);
const machineId = Uint8Array.of(0, ...new Uint8Array(16).fill(7));
const pxe = (arch: number, vendorClass = `PXEClient:Arch:${String(arch).padStart(5, '0')}:UNDI:003016`) => ({
  55: everything,
  57: u16(1472),
  60: vendorClass,
  93: u16(arch),
  94: Uint8Array.of(1, 3, 16),
  97: machineId,
});
const hex = (text: string) => Buffer.from(text).toString('hex');

/** dnsmasq tells every client what to boot, also one that runs its operating system; we tell those that boot. */
const nothingToBoot = [`option 67: ${hex('undionly.kpxe\0')} -> none`, 'siaddr: 192.0.2.1 -> 0.0.0.0'];
/** RFC 6842 wants the client identifier back, RFC 4578 section 2.4 the machine identifier. */
const identifier = 'option 61: none -> ff01020304';
const machine = `option 97: none -> ${Buffer.from(machineId).toString('hex')}`;
/** dnsmasq leaves the header empty for clients that ask for option 67; there are ROMs that ask and read the header. */
const inHeader = (file: string) => `file:  -> ${file}`;
const serverName = `option 66: none -> ${hex('192.0.2.1')}`;
/** The zero at the end of a name is there for boot ROMs; those who take URLs have no need of it. */
const url = (file: string) => [inHeader(file), `option 67: ${hex(`${file}\0`)} -> ${hex(file)}`];
const script = 'http://192.0.2.1:6180/boot.ipxe';
const loader = 'http://192.0.2.1:6180/loaders/snponly.efi';
const reason = (ours: string) => `option 56: ${hex('wrong address')} -> ${hex(ours)}`;
/** RFC 2131 section 4.3.2: who chose another server is the other server's. With dhcp-authoritative dnsmasq refuses it. */
const theOthers = [
  'chaddr: 525400000001 -> none',
  'ciaddr: 0.0.0.0 -> none',
  'file:  -> none',
  'flags: 8000 -> none',
  'giaddr: 0.0.0.0 -> none',
  'option 53: 06 -> none',
  'option 54: c0000201 -> none',
  `option 56: ${hex('wrong server-ID')} -> none`,
  'siaddr: 0.0.0.0 -> none',
  'sname:  -> none',
  'yiaddr: 0.0.0.0 -> none',
];

test.each<[string, Wish, readonly string[]]>([
  ['DISCOVER of an operating system', { options: { 55: everything } }, nothingToBoot],
  ['DISCOVER that asks for nothing in particular', {}, ['file: undionly.kpxe -> ', 'siaddr: 192.0.2.1 -> 0.0.0.0']],
  ['DISCOVER with a reserved name', { mac: '52:54:00:00:00:02', options: { 55: everything } }, nothingToBoot],
  ['DISCOVER with a client identifier', { options: { 55: everything, 61: Uint8Array.of(255, 1, 2, 3, 4) } }, [identifier, ...nothingToBoot]],
  ['DISCOVER of BIOS firmware', { options: pxe(0) }, [inHeader('undionly.kpxe'), serverName, machine]],
  ['DISCOVER of UEFI firmware', { options: pxe(7) }, [inHeader('snponly.efi'), serverName, machine]],
  ['DISCOVER of UEFI firmware with the other number', { options: pxe(9) }, [inHeader('snponly.efi'), serverName, machine]],
  ['DISCOVER of UEFI HTTP firmware', { options: pxe(16, 'HTTPClient:Arch:00016:UNDI:003001') }, [...url(loader), machine]],
  // Option 175: iPXE need not wait for proxies.
  ['DISCOVER of iPXE', { options: { ...pxe(7), 77: 'iPXE', 175: Uint8Array.of(19, 1, 1) } }, [...url(script), 'option 175: none -> b00101', machine]],
  ['DISCOVER with room for little', { options: { ...pxe(7), 57: u16(576) } }, [inHeader('snponly.efi'), serverName, machine]],
  ['REQUEST of the offered address', { type: 3, options: { 55: everything, 50: u32(ipv4('192.0.2.10')), 54: u32(ipv4('192.0.2.1')) } }, nothingToBoot],
  ['REQUEST after a reboot', { type: 3, options: { 55: everything, 50: u32(ipv4('192.0.2.10')) } }, nothingToBoot],
  ['REQUEST of an address of another network', { type: 3, options: { 50: u32(ipv4('10.0.0.9')) } }, [reason('10.0.0.9 is not of this network')]],
  ['REQUEST of an address that is reserved for another', { type: 3, options: { 50: u32(ipv4('192.0.2.11')) } }, [reason('192.0.2.10 is reserved for this machine')]],
  ['REQUEST to another server', { type: 3, options: { 50: u32(ipv4('192.0.2.10')), 54: u32(ipv4('192.0.2.9')) } }, theOthers],
  // RFC 2131 section 4.3.5: no lease time in the answer to an INFORM.
  ['INFORM', { type: 8, header: { ciaddr: ipv4('192.0.2.250'), flags: 0 }, options: { 55: everything } }, ['option 51: a while -> none', ...nothingToBoot]],
])('%s: answered as dnsmasq answers, but for what is meant to differ', async (_what, wish, intended) => {
  expect(differences(await bothAnswer(servers, 67, request(wish)))).toEqual([...intended].sort());
}); // prettier-ignore

/**
 * dnsmasq sends BIOS a boot menu of one entry, and UEFI to port 4011 for the file; we name the file at once and say that there is nothing to
 * discover (PXE 2.1, discovery control 8). Both end in the same file; ours is one exchange less.
 */
const menu = `option 43: 0601030a04005058450807800001c0000201090780000469505845ff -> 060108ff`;
const noDiscovery = 'option 43: none -> 060108ff';
const named = (file: string) => [serverName, `option 67: none -> ${hex(`${file}\0`)}`];
const renewal = { type: 3, header: { ciaddr: ipv4('192.0.2.250'), flags: 0 } };

test.each<[string, number, Wish, readonly string[]]>([
  ['DISCOVER of an operating system', 67, { options: { 55: everything } }, []],
  ['DISCOVER of BIOS firmware', 67, { options: pxe(0) }, [menu, ...named('undionly.kpxe'), inHeader('undionly.kpxe'), 'siaddr: 0.0.0.0 -> 192.0.2.1']],
  ['DISCOVER of UEFI firmware', 67, { options: pxe(7) }, [noDiscovery, ...named('snponly.efi'), inHeader('snponly.efi')]],
  ['DISCOVER of iPXE', 67, { options: { ...pxe(7), 77: 'iPXE', 175: Uint8Array.of(19, 1, 1) } }, [noDiscovery, `option 67: none -> ${hex(script)}`]],
  ['REQUEST of BIOS firmware at the port of boot servers', 4011, { ...renewal, options: pxe(0) }, [menu, ...named('undionly.kpxe'), inHeader('undionly.kpxe'), 'siaddr: 0.0.0.0 -> 192.0.2.1']],
  // In the header dnsmasq has the server as a name too.
  ['REQUEST of UEFI firmware at the port of boot servers', 4011, { ...renewal, options: pxe(7) }, [noDiscovery, ...named('snponly.efi'), 'sname: 192.0.2.1 -> ']],
])('beside another server, %s: answered as dnsmasq answers, but for what is meant to differ', async (_what, port, wish, intended) => {
  expect(differences(await bothAnswer(proxies, port, request(wish)))).toEqual([...intended].sort());
}); // prettier-ignore
