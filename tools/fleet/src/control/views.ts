import { configDriveFiles, diskBootFault, type DiskContent } from '../machine/disk.ts';
import type { ManagedMachine } from '../machine/managed-machine.ts';
import type { Running } from '../machine/state.ts';

/** A machine in one line: what `GET /fleet/machines` lists. */
export function summary(machine: ManagedMachine): Record<string, unknown> {
  const { identity, power, running, override, media } = machine;
  return {
    name: identity.name,
    uuid: identity.uuid,
    bootMac: identity.macs[0],
    power,
    running: runningView(running),
    boot: { target: override.target, enabled: override.enabled, mode: override.mode },
    media: { Cd: media.Cd?.url ?? null, Floppy: media.Floppy?.url ?? null },
    disk: machine.disk === undefined ? null : diskView(machine.disk),
    redfishRequests: machine.redfishRequests,
  };
}

/** Everything about a machine, its BMC account and the files of its config drive included. */
export async function details(machine: ManagedMachine): Promise<Record<string, unknown>> {
  const { identity, disk } = machine;
  return {
    ...summary(machine),
    macs: identity.macs,
    serial: identity.serial,
    ip: identity.ip,
    account: identity.account,
    biosVersion: machine.biosVersion,
    bmcVersion: machine.bmcVersion,
    bios: machine.bios ?? {},
    pendingBios: machine.pendingBios ?? {},
    secureBoot: machine.secureBoot,
    volumes: machine.raid?.volumes ?? [],
    bootDisk: machine.bootDisk ?? null,
    configDrive: disk?.configDrive === undefined ? null : await configDriveFiles(disk.configDrive),
    injectedFiles: Object.fromEntries(
      [...(disk?.injectedFiles ?? [])].map(([path, bytes]) => [path, bytes.toString('base64')]),
    ),
    diskHead: disk?.image.head.toString('base64') ?? null,
  };
}

function runningView(running: Running): Record<string, unknown> {
  switch (running.kind) {
    case 'agent':
      return { kind: 'agent', ...running.agent.describe() };
    case 'os': {
      const { os } = running;
      const startedAt = new Date(os.startedAt).toISOString();
      if (os.from === 'medium')
        return { kind: 'os', from: 'medium', startedAt, source: os.source, kernelLine: os.kernelLine };
      const { image, configDrive } = os.disk;
      return {
        kind: 'os',
        from: 'disk',
        startedAt,
        image: image.id,
        imageUrl: image.url,
        imageSha256: image.sha256,
        configDriveSha256: configDrive?.sha256 ?? null,
      };
    }
    default:
      return { ...running };
  }
}

function diskView(disk: DiskContent): Record<string, unknown> {
  const { image, configDrive, complete } = disk;
  return {
    image: image.id,
    url: image.url,
    format: image.format,
    size: image.size,
    virtualSize: image.virtualSize,
    sha256: image.sha256,
    diskSha256: image.diskSha256 ?? null,
    complete,
    bootable: diskBootFault(disk) === undefined,
    configDrive: configDrive === undefined ? null : { sha256: configDrive.sha256, size: configDrive.size },
  };
}
