import type { DiskContent } from './disk.ts';

export type PowerState = 'On' | 'Off';

export const resetTypes = [
  'On',
  'ForceOff',
  'GracefulShutdown',
  'GracefulRestart',
  'ForceRestart',
  'ForceOn',
  'PushPowerButton',
  'PowerCycle',
  'Nmi',
] as const;
export type ResetType = (typeof resetTypes)[number];

export const bootTargets = ['None', 'Pxe', 'Hdd', 'Cd', 'UsbCd', 'Usb', 'BiosSetup', 'UefiHttp'] as const;
export type BootTarget = (typeof bootTargets)[number];
export const overrideModes = ['Disabled', 'Once', 'Continuous'] as const;
export type OverrideMode = (typeof overrideModes)[number];
export const firmwareModes = ['UEFI', 'Legacy'] as const;
export type FirmwareMode = (typeof firmwareModes)[number];

export interface BootOverride {
  target: BootTarget;
  enabled: OverrideMode;
  mode: FirmwareMode;
  httpBootUri: string | undefined;
}

export const mediaSlots = ['Cd', 'Floppy'] as const;
export type MediaSlot = (typeof mediaSlots)[number];

export interface InsertedMedia {
  readonly url: string;
  readonly writeProtected: boolean;
  readonly transferProtocol: string;
  readonly username: string | undefined;
}

/** A provisioning agent that runs on a machine, as others see it. */
export interface RunningAgent {
  describe(): Readonly<Record<string, unknown>>;
}

/** What executes on a machine's processor. */
export type Running =
  | { readonly kind: 'off' }
  /** Power-on self test, looking for something to boot, or a kernel on its way up. */
  | { readonly kind: 'booting'; readonly phase: 'firmware' | 'kernel' }
  | { readonly kind: 'agent'; readonly agent: RunningAgent }
  | { readonly kind: 'os'; readonly os: OperatingSystem }
  /** The processor runs, and the BMC does not know what. */
  | { readonly kind: 'unknown' }
  /** Firmware found nothing to boot, or the boot crashed. */
  | { readonly kind: 'stuck'; readonly reason: string };

/** An operating system that came up, and from what. */
export type OperatingSystem =
  | { readonly from: 'disk'; readonly startedAt: number; readonly disk: DiskContent }
  | { readonly from: 'medium'; readonly startedAt: number; readonly source: string; readonly kernelLine: string };
