import { Agent } from '../agent/agent.ts';
import { NetworkError, type Trust } from '../http/client.ts';
import { HttpBlocks, MediumError } from '../medium/blocks.ts';
import { bootFromIso } from '../medium/boot-medium.ts';
import { bootFromScript } from '../medium/ipxe.ts';
import type { Iso } from '../medium/iso9660.ts';
import type { KernelLine } from '../medium/kernel-line.ts';
import { diskBootFault } from './disk.ts';
import type { Machine } from './machine.ts';
import type { BootTarget } from './state.ts';

/** Simulated seconds. */
const duration = { selfTest: [20, 40], ramdisk: [25, 45], operatingSystem: [15, 30] } as const;

interface Kernel {
  readonly line: KernelLine;
  readonly source: string;
  readonly iso: Iso | undefined;
}

/**
 * What happens between power-on and something running: self test, the boot override, then disk and network. Ends when
 * something runs or nothing could be booted; rejects when the power goes.
 */
export async function boot(machine: Machine, signal: AbortSignal): Promise<void> {
  const { time, faults } = machine.world;
  await time.pass(machine.random.between(...duration.selfTest), signal);
  machine.applyPendingSettings();
  const broken = faults.take('machine.boot-fails', machine.name);
  if (broken !== undefined) throw new MediumError(broken.message ?? 'the self test failed');

  const failures: string[] = [];
  for (const target of bootOrder(machine)) {
    try {
      return await attempt(target, machine, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof MediumError || error instanceof NetworkError)) throw error;
      machine.record('boot-failed', { source: target, reason: error.message });
      failures.push(`${target}: ${error.message}`);
    }
  }
  machine.running = { kind: 'stuck', reason: failures.join('; ') || 'no boot device' };
}

function bootOrder(machine: Machine): BootTarget[] {
  const { override } = machine;
  const usual: BootTarget[] = machine.world.options.pxeUrl === undefined ? ['Hdd'] : ['Hdd', 'Pxe'];
  if (override.enabled === 'Disabled' || override.target === 'None') return usual;
  const { target } = override;
  if (override.enabled === 'Once') {
    override.enabled = 'Disabled';
    override.target = 'None';
  }
  return [target, ...usual.filter((other) => other !== target)];
}

async function attempt(target: BootTarget, machine: Machine, signal: AbortSignal): Promise<void> {
  switch (target) {
    case 'Cd':
    case 'UsbCd':
    case 'Usb': {
      const wrongDrive = target !== 'Usb' && target !== machine.personality.virtualCdTarget;
      if (wrongDrive) throw new MediumError(`${target} is a drive this machine does not have`);
      const media = machine.media[target === 'Usb' ? 'Floppy' : 'Cd'];
      if (media === undefined) throw new MediumError(`no medium is inserted for ${target}`);
      return bootIso(media.url, target, machine, signal);
    }
    case 'UefiHttp':
      return bootHttp(machine, signal);
    case 'Hdd':
      return bootDisk(machine, signal);
    case 'Pxe':
      return bootNetwork('Pxe', machine, signal);
    case 'BiosSetup':
      machine.running = { kind: 'stuck', reason: 'waiting in BIOS set-up, as told by the boot override' };
      return;
    case 'None':
      throw new MediumError('no boot device');
  }
}

async function bootIso(url: string, target: BootTarget, machine: Machine, signal: AbortSignal): Promise<void> {
  // Virtual media is fetched by the BMC, which does not verify the server unless told to.
  const source = new HttpBlocks(url, { http: machine.world.http, signal, trust: { insecure: true } });
  const { iso, entry, configPath } = await bootFromIso(source, machine.platform);
  machine.record('boot', { source: target, url, config: configPath, platform: machine.platform });
  await startKernel({ line: entry.line, source: url, iso }, machine, signal);
}

/**
 * UEFI HTTP boot (UEFI 2.10 section 24.7): of the URL that the override names, else of what DHCP would. An ISO is booted as a disk; a program is
 * the boot loader, which asks the network in its turn.
 */
async function bootHttp(machine: Machine, signal: AbortSignal): Promise<void> {
  if (machine.platform !== 'uefi')
    throw new MediumError('HTTP boot is a matter of UEFI, and this machine boots as BIOS');
  const { httpBootUri: url } = machine.override;
  if (url === undefined) return bootNetwork('UefiHttp', machine, signal);
  const { status, headers, body } = await machine.world.http.fetch(url, { signal, headers: { range: 'bytes=0-1' } });
  if (status >= 300) throw new MediumError(`${url}: the boot server answered ${status}`);
  const type = headers['content-type'] ?? '';
  if (type !== 'application/efi' && !new URL(url).pathname.endsWith('.efi'))
    return bootIso(url, 'UefiHttp', machine, signal);
  if (body.subarray(0, 2).toString('latin1') !== 'MZ') throw new MediumError(`${url} is no UEFI program`);
  machine.record('boot-loader', { source: 'UefiHttp', url });
  return bootNetwork('UefiHttp', machine, signal);
}

async function bootNetwork(source: 'Pxe' | 'UefiHttp', machine: Machine, signal: AbortSignal): Promise<void> {
  const { identity, platform, world } = machine;
  const { pxeUrl } = world.options;
  if (pxeUrl === undefined)
    throw new MediumError('nothing on the network answers (the fleet was started without --pxe-url)');
  const [mac] = identity.macs;
  const fields: Readonly<Record<string, string>> = {
    mac,
    macDashes: mac.replaceAll(':', '-'),
    uuid: identity.uuid,
    serial: identity.serial,
    name: identity.name,
  };
  const url = pxeUrl.replace(/\{(\w+)\}/g, (all, field: string) => fields[field] ?? all);
  const { uuid, serial, ip } = identity;
  const pause = (seconds: number) => world.time.backOff(seconds, signal);
  const outcome = await bootFromScript(url, { mac, ip, uuid, serial, platform, http: world.http, signal, pause });
  if (outcome.kind === 'local-disk') return bootDisk(machine, signal);
  if (outcome.kind === 'iso') return bootIso(outcome.url, source, machine, signal);
  machine.record('boot', { source, url, kernel: outcome.kernelUrl, platform });
  await startKernel({ line: outcome.line, source: url, iso: undefined }, machine, signal);
}

async function bootDisk(machine: Machine, signal: AbortSignal): Promise<void> {
  const { disk } = machine;
  const fault = diskBootFault(disk);
  if (fault !== undefined || disk === undefined) throw new MediumError(fault ?? 'the disk is empty');
  machine.record('boot', { source: 'Hdd', imageSha256: disk.image.sha256 });
  machine.running = { kind: 'booting', phase: 'kernel' };
  await machine.world.time.pass(machine.random.between(...duration.operatingSystem), signal);
  machine.running = { kind: 'os', os: { from: 'disk', startedAt: machine.world.time.now(), disk } };
  machine.record('os-started', {
    from: 'disk',
    image: disk.image.id,
    imageSha256: disk.image.sha256,
    configDriveSha256: disk.configDrive?.sha256 ?? null,
  });
  machine.onChange?.('boot');
}

async function startKernel({ line, source, iso }: Kernel, machine: Machine, signal: AbortSignal): Promise<void> {
  machine.running = { kind: 'booting', phase: 'kernel' };
  await machine.world.time.pass(machine.random.between(...duration.ramdisk), signal);
  const { time, faults } = machine.world;
  if (line.get('ipa-api-url') === undefined && line.get('ipa-inspection-callback-url') === undefined) {
    machine.running = { kind: 'os', os: { from: 'medium', startedAt: time.now(), source, kernelLine: line.text } };
    machine.record('os-started', { from: 'medium', source });
    return machine.onChange?.('boot');
  }
  if (faults.take('agent.never-starts', machine.name) !== undefined) {
    machine.running = { kind: 'stuck', reason: 'the agent hangs before it starts (fault agent.never-starts)' };
    return;
  }
  const agent = new Agent(machine, { line, trust: await apiTrust(line, iso), source }, signal);
  machine.running = { kind: 'agent', agent };
  machine.record('agent-started', { source });
  machine.onChange?.('boot');
  agent.start();
}

/** The agent believes the API's certificate by the CA on its virtual medium, or blindly when told to. */
async function apiTrust(line: KernelLine, iso: Iso | undefined): Promise<Trust> {
  const insecure = line.flag('ipa-insecure');
  if (iso === undefined || line.get('boot_method') !== 'vmedia') return { insecure };
  const file = await iso.find('/etc/ironic-python-agent/ironic.crt');
  return { insecure, ca: file === undefined ? undefined : (await iso.content(file)).toString('utf8') };
}
