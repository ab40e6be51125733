import type { BootOverride, BootTarget } from '../machine/state.ts';

/** What the firmware tries, in order: what the override names, then the disk, then the network. */
export function bootOrder(
  { enabled, target }: Pick<BootOverride, 'enabled' | 'target'>,
  network: boolean,
): readonly BootTarget[] {
  const usual: readonly BootTarget[] = network ? ['Hdd', 'Pxe'] : ['Hdd'];
  if (enabled === 'Disabled' || target === 'None') return usual;
  if (target === 'UefiHttp') return ['UefiHttp', 'Hdd'];
  return [target, ...usual.filter((other) => other !== target)];
}
