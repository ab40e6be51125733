import { spawn } from 'node:child_process';
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
  postgres: { package: 'postgresql', find: findPostgres, instead: 'put initdb, postgres and psql on PATH' },
};

/** Programs that only journeys of network boot need; they live in /usr/sbin, which is not on everybody's PATH. */
function forNetworkBoot(packages) {
  return Object.fromEntries(
    Object.entries(packages).map(([name, debian]) => [
      name,
      {
        package: debian,
        find: () => findOnPath(name) ?? [`/usr/sbin/${name}`, `/sbin/${name}`].find((path) => existsSync(path)),
        instead: 'run the tests without journeys: npm test -- --suite unit,integration',
      },
    ]),
  );
}

/** What the journeys of network boot need. */
export const networkBootPrograms = ['ip', 'busybox', 'dhclient', 'dnsmasq', 'tftp', 'in.tftpd'];

/** Installs what is missing with apt-get, after saying so, when that is possible; otherwise throws and names the remedy. */
export async function ensureSystemPrograms(names, report) {
  const missing = names.filter((name) => systemPrograms[name].find() === undefined);
  if (missing.length === 0) return;
  const packages = missing.map((name) => systemPrograms[name].package);
  const apt = findOnPath('apt-get');
  if (apt === undefined || process.getuid?.() !== 0) {
    const ways = missing.map(
      (name) => `${name}: install the package ${systemPrograms[name].package}, or ${systemPrograms[name].instead}`,
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
    if (systemPrograms[name].find() === undefined)
      throw new Error(`${name} is still missing after installing ${systemPrograms[name].package}`);
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
