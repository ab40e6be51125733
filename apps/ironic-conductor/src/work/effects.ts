import type { NodeStep } from '@metal3/node';
import type { DriveKind } from '../interfaces/machine.ts';

/** Why something is booted; decides what the kernel line says and what is waited for. */
export type BootPurpose = 'inspect' | 'clean' | 'deploy' | 'service' | 'rescue' | 'ramdisk';

/** How power is changed: `hard` by the BMC, `soft` by asking the operating system, `agent` by asking the agent. */
export type PowerManner = 'hard' | 'soft' | 'agent';

/** Asynchronous agent commands that are no steps. */
export type AgentCommandName = 'image.install_bootloader';

export type StepPhase = 'clean' | 'deploy' | 'service';

/** One thing done to the world outside, as data: it can be tested, shown and written down before it is carried out. */
export type Effect =
  | { readonly kind: 'read-power' }
  /** `confirm: false` where an event will tell (an agent that is to report); the BMC's acceptance is then enough. */
  | { readonly kind: 'set-power'; readonly to: 'on' | 'off'; readonly manner: PowerManner; readonly confirm: boolean }
  | { readonly kind: 'restart'; readonly manner: PowerManner }
  | { readonly kind: 'prepare-boot'; readonly purpose: BootPurpose }
  | { readonly kind: 'insert-media' }
  /** Beside a ready-made ISO, which has no room for it. */
  | { readonly kind: 'insert-config-drive' }
  | { readonly kind: 'eject-media' }
  | { readonly kind: 'set-boot-device'; readonly device: 'cdrom' | 'disk' | 'pxe'; readonly persistent: boolean }
  /** UEFI HTTP boot of what the boot entry says. */
  | { readonly kind: 'set-http-boot'; readonly persistent: boolean }
  | { readonly kind: 'ask-steps'; readonly of: StepPhase }
  | { readonly kind: 'give-step'; readonly of: StepPhase; readonly index: number; readonly step: NodeStep }
  | { readonly kind: 'look-at-command' }
  | { readonly kind: 'give-command'; readonly command: AgentCommandName }
  /** Gives the agent the password of a rescue; it then leaves the machine to its user. */
  | { readonly kind: 'finalize-rescue' }
  | { readonly kind: 'set-secure-boot'; readonly enabled: boolean }
  | { readonly kind: 'run-step'; readonly of: StepPhase; readonly index: number; readonly step: NodeStep }
  /** Makes ports of the BMC's own list where a node has none: a report finds its node by them. */
  | { readonly kind: 'ensure-ports' }
  /** Firmware versions and perhaps BIOS settings, for people and for those who set them. */
  | { readonly kind: 'read-firmware'; readonly settingsToo: boolean }
  | { readonly kind: 'look-at-update' }
  /** Reads the machine's storage and settles what to ask for; nothing is changed yet. */
  | { readonly kind: 'plan-raid'; readonly step: NodeStep }
  | { readonly kind: 'look-at-raid' }
  /** The end of a RAID step: what there is now is written to the node. */
  | { readonly kind: 'record-raid'; readonly of: StepPhase }
  | { readonly kind: 'read-hardware' }
  | { readonly kind: 'digest-inspection' }
  /** What people attach and detach themselves, beside any deployment. */
  | { readonly kind: 'attach-media'; readonly drive: DriveKind; readonly image: string }
  | { readonly kind: 'detach-media'; readonly drives: readonly DriveKind[] }
  | { readonly kind: 'set-boot-mode'; readonly mode: 'uefi' | 'bios' }
  /** The image service fetches and converts; the same request joins what runs. */
  | { readonly kind: 'start-image' }
  | { readonly kind: 'look-at-image' };

export type EffectKind = Effect['kind'];

/**
 * Effects that must not simply be done again: their intent is committed first, and a conductor that finds an open intent observes the
 * machine before it acts. The others may be repeated freely.
 */
export const effectsWithIntent: ReadonlySet<EffectKind> = new Set([
  'set-power',
  'restart',
  'insert-media',
  'insert-config-drive',
  'eject-media',
  // May be repeated, but pxe-server is asked for a URL, so the boot entry has to be written first.
  'set-http-boot',
  'give-step',
  'give-command',
  'finalize-rescue',
  'run-step',
]);

/** Effects that a person who reads the log wants to know of, beside those with an intent. */
const toldToo: ReadonlySet<EffectKind> = new Set(['prepare-boot', 'ask-steps', 'digest-inspection', 'plan-raid']);

/** True for what belongs to the story of a node; looks at it do not. */
export const isTold = ({ kind }: Effect): boolean => effectsWithIntent.has(kind) || toldToo.has(kind);

/** What an agent is told to do goes on after it was told; all else is over when it returns. */
export const progressOf = ({ kind }: Effect): 'begun' | 'done' =>
  kind === 'give-step' || kind === 'give-command' ? 'begun' : 'done';

/** Name of an effect for logs, retries and fail points. */
export function effectName(effect: Effect): string {
  switch (effect.kind) {
    case 'set-power':
      return `set-power-${effect.to}`;
    case 'set-boot-device':
      return `set-boot-device-${effect.device}`;
    case 'give-step':
    case 'run-step':
      return `${effect.kind}-${effect.step.step}`;
    case 'give-command':
      return `give-command-${effect.command.replace(/^.*\./, '')}`;
    default:
      return effect.kind;
  }
}

/** What an effect does, for people: it follows "while" or "awaited". */
export function effectWords(effect: Effect): string {
  switch (effect.kind) {
    case 'read-power':
      return 'reading the power state';
    case 'set-power':
      return `setting power ${effect.to}`;
    case 'restart':
      return 'restarting the machine';
    case 'prepare-boot':
      return `preparing the boot medium for ${effect.purpose}`;
    case 'insert-media':
      return 'inserting the virtual medium';
    case 'insert-config-drive':
      return 'inserting the config drive';
    case 'eject-media':
      return 'ejecting the virtual medium';
    case 'set-boot-device':
      return `setting the boot device ${effect.device}`;
    case 'set-http-boot':
      return 'setting the boot device uefihttp';
    case 'ask-steps':
      return `asking the agent for its ${effect.of} steps`;
    case 'give-step':
    case 'run-step':
      return `running ${effect.of} step ${effect.step.interface}.${effect.step.step}`;
    case 'look-at-command':
      return "reading the agent's command list";
    case 'give-command':
      return `running agent command ${effect.command}`;
    case 'finalize-rescue':
      return 'handing the rescue password to the agent';
    case 'set-secure-boot':
      return `${effect.enabled ? 'enabling' : 'disabling'} secure boot`;
    case 'ensure-ports':
      return 'reading the MAC addresses of the BMC';
    case 'read-hardware':
      return 'reading the hardware inventory of the BMC';
    case 'read-firmware':
      return effect.settingsToo ? 'reading BIOS settings and firmware versions' : 'reading firmware versions';
    case 'look-at-update':
      return 'looking at the firmware update';
    case 'plan-raid':
      return `reading the storage for ${effect.step.interface}.${effect.step.step}`;
    case 'look-at-raid':
      return 'looking at the RAID controller';
    case 'record-raid':
      return 'reading the RAID volumes';
    case 'digest-inspection':
      return 'evaluating the inspection data';
    case 'attach-media':
      return `attaching ${effect.image} as ${effect.drive}`;
    case 'detach-media':
      return `detaching ${effect.drives.join(', ')}`;
    case 'start-image':
      return 'asking for the image';
    case 'look-at-image':
      return 'looking at the image on its way';
    case 'set-boot-mode':
      return `setting boot mode ${effect.mode}`;
  }
}
