import type { BareMetalHost } from '@metal3/metal3-api';

/** CPU architecture by Ironic's names; `own` is that of the machine this program runs on. */
export function hostArchitecture({ spec, status }: BareMetalHost, own: string): string {
  return spec.architecture || status?.hardware?.cpu?.arch || own;
}

const ironicNames: Readonly<Record<string, string>> = { x64: 'x86_64', arm64: 'aarch64' };

/** @param arch as `process.arch` has it */
export function ownArchitecture(arch: string): string {
  return ironicNames[arch] ?? arch;
}
