import type { FirmwareUpdate } from '@metal3/metal3-api';
import { sameSetting } from '../../firmware/settings/decide.ts';
import type { HostFirmware, HostView } from '../view.ts';
import type { ManualStep } from './steps.ts';

/** What is asked of a machine's firmware, as far as the controllers of the firmware kinds have found it to be in order. */
export type FirmwareWish =
  | { readonly kind: 'unchecked'; readonly reason: string }
  | {
      readonly kind: 'checked';
      readonly settings: Readonly<Record<string, number | string>>;
      readonly updates: readonly FirmwareUpdate[];
    };

interface Checked {
  readonly metadata: { readonly generation?: number };
  readonly status?: {
    readonly conditions?: readonly { type: string; status: string; observedGeneration?: number }[];
  };
}

/** Whether a change is asked for: 'unchecked' while the conditions are about an older spec. What is not valid is not asked for. */
function asked({ metadata, status }: Checked): boolean | 'unchecked' {
  const condition = (type: string) => status?.conditions?.find((each) => each.type === type);
  const changed = condition('ChangeDetected');
  if (changed === undefined) return false;
  if (changed.observedGeneration !== metadata.generation) return 'unchecked';
  return condition('Valid')?.status === 'True' && changed.status === 'True';
}

export function firmwareWish({ settings, components }: HostFirmware): FirmwareWish {
  const forSettings = settings !== undefined && Object.keys(settings.spec.settings ?? {}).length > 0 && asked(settings);
  if (forSettings === 'unchecked') return { kind: 'unchecked', reason: 'HostFirmwareSettings are being checked' };
  const forComponents = components !== undefined && (components.spec.updates ?? []).length > 0 && asked(components);
  if (forComponents === 'unchecked') return { kind: 'unchecked', reason: 'HostFirmwareComponents are being checked' };

  const begun = components?.status?.updates ?? [];
  const isBegun = (update: FirmwareUpdate) =>
    begun.some(({ component, url }) => component === update.component && url === update.url);
  return {
    kind: 'checked',
    settings: forSettings ? (settings?.spec.settings ?? {}) : {},
    updates: forComponents ? (components?.spec.updates ?? []).filter((update) => !isBegun(update)) : [],
  };
}

export interface FirmwareWork {
  readonly settings: readonly { readonly name: string; readonly value: number | string }[];
  readonly updates: readonly FirmwareUpdate[];
  /** All updates that are asked for, to be put on record when these are begun. */
  readonly recorded: readonly FirmwareUpdate[];
}

/** What is to be done with the firmware of the machine; undefined when its settings have to be read first. */
export function firmwareWork(
  wish: Extract<FirmwareWish, { kind: 'checked' }>,
  { biosSettings, firmware }: Pick<HostView, 'biosSettings' | 'firmware'>,
): FirmwareWork | undefined {
  const wanted = Object.entries(wish.settings);
  if (wanted.length > 0 && biosSettings === undefined) return undefined;
  return {
    settings: wanted
      .filter(([name, value]) => !sameSetting(value, biosSettings?.get(name)))
      .map(([name, value]) => ({ name, value })),
    updates: wish.updates,
    recorded: firmware.components?.spec.updates ?? [],
  };
}

export function firmwareSteps({ settings, updates }: FirmwareWork): readonly ManualStep[] {
  return [
    ...(settings.length > 0
      ? [{ interface: 'bios', step: 'apply_configuration', args: { settings: settings.map(copy) } } as const]
      : []),
    ...(updates.length > 0
      ? [{ interface: 'firmware', step: 'update', args: { settings: updates.map(copy) } } as const]
      : []),
  ];
}

const copy = <Fields extends object>(fields: Fields): Fields => ({ ...fields });

/** The same settings, asked for again, mean that the machine did not take them. */
export function biosFingerprint({ settings }: FirmwareWork): string {
  return JSON.stringify(settings);
}

export function refusedSettings({ settings }: FirmwareWork, actual: ReadonlyMap<string, string> | undefined): string {
  const each = settings.map(
    ({ name, value }) => `${name} is "${actual?.get(name) ?? ''}" after "${value}" was applied`,
  );
  return `The machine did not take its BIOS settings: ${each.join('; ')}. Change spec.settings of its HostFirmwareSettings`;
}
