import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { findOnPath } from '../../../libs/local-servers/src/binaries.mjs';

/** Programs that come from the operating system: the package of Debian and Ubuntu, how to find it, and how to do without. */
export const systemPrograms = {
  'redis-server': { package: 'redis-server', find: () => findOnPath('redis-server'), instead: 'give --redis-url' },
  // For the journeys of network boot: other people's clients and servers, in network namespaces.
  ...forNetworkBoot({
    ip: 'iproute2',
    busybox: 'busybox',
    dhclient: 'isc-dhcp-client',
    dnsmasq: 'dnsmasq-base',
    tftp: 'tftp-hpa',
    'in.tftpd': 'tftpd-hpa',
  }),
  // For machines whose BMC speaks IPMI: the conductor's program, and a BMC to test it with.
  ipmitool: { package: 'ipmitool', find: () => findOnPath('ipmitool'), instead: 'put ipmitool on PATH' },
  ipmi_sim: { package: 'openipmi', find: () => findOnPath('ipmi_sim'), instead: 'put ipmi_sim on PATH' },
  // For the bench of what machines fetch.
  nginx: { package: 'nginx-light', find: () => findProgram('nginx'), instead: 'put nginx on PATH' },
  wrk: { package: 'wrk', find: () => findOnPath('wrk'), instead: 'put wrk on PATH' },
  curl: { package: 'curl', find: () => findOnPath('curl'), instead: 'put curl on PATH' },
  'qemu-img': { package: 'qemu-utils', find: () => findOnPath('qemu-img'), instead: 'put qemu-img on PATH' },
  postgres: { package: 'postgresql', find: findPostgres, instead: 'put initdb, postgres and psql on PATH' },
};

/** Programs that only journeys of network boot need. */
function forNetworkBoot(packages) {
  return Object.fromEntries(
    Object.entries(packages).map(([name, debian]) => [
      name,
      {
        package: debian,
        find: () => findProgram(name),
        instead: 'run the tests without journeys: npm test -- --suite unit,integration',
      },
    ]),
  );
}

/** What the journeys of network boot need. */
export const networkBootPrograms = ['ip', 'busybox', 'dhclient', 'dnsmasq', 'tftp', 'in.tftpd'];

/** What the bench of pxe-server needs. */
export const bootBenchPrograms = [...networkBootPrograms, 'nginx', 'wrk', 'curl'];

const program = (name, from) => [name, { package: from, find: () => findProgram(name), instead: 'put it on PATH' }];
const file = (name, from, path) => [
  name,
  { package: from, find: () => (existsSync(path) ? path : undefined), instead: `put it at ${path}` },
];

/** What the virtual machines of `npm run lab` need, and the making of what they boot. */
export const labPrograms = Object.fromEntries([
  program('qemu-system-x86_64', 'qemu-system-x86'),
  // QEMU reads virtual media from the web server that holds them.
  file('QEMU block driver for HTTP', 'qemu-block-extra', '/usr/lib/x86_64-linux-gnu/qemu/block-curl.so'),
  program('qemu-img', 'qemu-utils'),
  file('UEFI firmware', 'ovmf', '/usr/share/OVMF/OVMF_CODE_4M.fd'),
  file('network cards that boot', 'ipxe-qemu', '/usr/lib/ipxe/qemu/pxe-virtio.rom'),
  // Gives addresses where pxe-server only says what to boot.
  program('dnsmasq', 'dnsmasq-base'),
  program('mmdebstrap', 'mmdebstrap'),
  file('keys of Debian', 'debian-archive-keyring', '/usr/share/keyrings/debian-archive-keyring.gpg'),
  program('grub-mkimage', 'grub-common'),
  file('GRUB for UEFI', 'grub-efi-amd64-bin', '/usr/lib/grub/x86_64-efi/moddep.lst'),
  file('GRUB for BIOS', 'grub-pc-bin', '/usr/lib/grub/i386-pc/boot.img'),
  file('iPXE', 'ipxe', '/usr/lib/ipxe/undionly.kpxe'),
  program('mformat', 'mtools'),
  program('xorriso', 'xorriso'),
  program('sfdisk', 'fdisk'),
  program('mkfs.ext4', 'e2fsprogs'),
  program('cpio', 'cpio'),
  program('zstd', 'zstd'),
  program('depmod', 'kmod'),
  program('ip', 'iproute2'),
  program('pgrep', 'procps'),
  program('python3', 'python3'),
  ['venv of Python', { package: 'python3-venv', find: findVenv, instead: 'install the venv module of python3' }],
]);

/** Installs what is missing with apt-get, after saying so, when that is possible; otherwise throws and names the remedy. */
export async function ensureSystemPrograms(names, report) {
  const known = { ...systemPrograms, ...labPrograms };
  const missing = names.filter((name) => known[name].find() === undefined);
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map((name) => known[name].package))];
  const apt = findOnPath('apt-get');
  if (apt === undefined || process.getuid?.() !== 0) {
    const ways = missing.map(
      (name) => `${name}: install the package ${known[name].package}, or ${known[name].instead}`,
    );
    throw new Error(
      `missing programs (they are installed by themselves only as root on Debian and Ubuntu)\n  ${ways.join('\n  ')}`,
    );
  }
  report(`installing with apt-get: ${packages.join(' ')}`);
  const install = ['install', '--yes', '--no-install-recommends', ...packages];
  // Fails where the package lists were never fetched, as in fresh images.
  await aptGet(apt, install).catch(async () => {
    report('fetching the package lists first');
    await aptGet(apt, ['update']);
    await aptGet(apt, install);
  });
  for (const name of missing) {
    if (known[name].find() === undefined)
      throw new Error(`${name} is still missing after installing ${known[name].package}`);
  }
  report('installed');
}

function aptGet(apt, args) {
  // In runlevel 1 packages do not start their services: ours run on ports of their own.
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  const child = spawn(apt, ['-q', '-o', 'DPkg::Lock::Timeout=120', ...args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => (output = (output + chunk).slice(-4_000)));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) =>
      code === 0
        ? resolve()
        : reject(
            new Error(`apt-get ${args[0]} failed with ${code}:\n${output.trim().split('\n').slice(-12).join('\n')}`),
          ),
    );
  });
}

function findPostgres() {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian) : [];
  return (
    versions.map((version) => join(debian, version, 'bin', 'initdb')).find((path) => existsSync(path)) ??
    findOnPath('initdb')
  );
}

function findVenv() {
  const { status } = spawnSync('python3', ['-c', 'import ensurepip, venv'], { stdio: 'ignore' });
  return status === 0 ? 'python3 -m venv' : undefined;
}

/** Programs of administrators live in /usr/sbin, which is not on everybody's PATH. */
function findProgram(name) {
  return findOnPath(name) ?? [`/usr/sbin/${name}`, `/sbin/${name}`].find((path) => existsSync(path));
}
