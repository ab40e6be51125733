import type { JsonObject } from '@metal3/node';
import type { NodeRequest } from '@metal3/node-store';
import type { DriveKind } from '../interfaces/machine.ts';
import type { Effect } from './effects.ts';

const drives: Readonly<Record<string, DriveKind>> = {
  cdrom: 'cdrom',
  dvd: 'cdrom',
  floppy: 'floppy',
  disk: 'usbstick',
  usbstick: 'usbstick',
};
const allDrives: readonly DriveKind[] = ['cdrom', 'floppy', 'usbstick'];

/** The effect that a request asks for; undefined for those that steer the work under way (abort, unhold) and for unknown ones. */
export function effectOf({ kind, args }: NodeRequest): Effect | undefined {
  switch (kind) {
    case 'attach-media': {
      const drive = drives[text(args, 'device_type') ?? 'cdrom'];
      const image = text(args, 'image_url');
      return drive === undefined || image === undefined ? undefined : { kind: 'attach-media', drive, image };
    }
    case 'detach-media':
      return { kind: 'detach-media', drives: drivesOf(args['device_types']) };
    case 'set-boot-mode':
      return { kind: 'set-boot-mode', mode: text(args, 'boot_mode') === 'bios' ? 'bios' : 'uefi' };
    case 'set-secure-boot':
      return { kind: 'set-secure-boot', enabled: args['secure_boot'] === true };
    default:
      return undefined;
  }
}

function text(args: JsonObject, key: string): string | undefined {
  const value = args[key];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** The drives named; all of them when none is. */
function drivesOf(value: unknown): readonly DriveKind[] {
  const named = (Array.isArray(value) ? value : [])
    .map((item: unknown) => (typeof item === 'string' ? drives[item] : undefined))
    .filter((drive): drive is DriveKind => drive !== undefined);
  return named.length === 0 ? allDrives : [...new Set(named)];
}
