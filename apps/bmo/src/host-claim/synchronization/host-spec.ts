import type { BareMetalHost, HostClaim } from '@metal3/metal3-api';
import { annotations, rebootRequests } from '../../host/annotations.ts';
import { sameJson } from '../../kernel.ts';
import { copyName, dataKinds, sourceOf, type DataKind } from './data.ts';

type HostSpec = BareMetalHost['spec'];

/** JSON merge patch of a host. */
export interface HostPatch {
  readonly metadata?: { readonly annotations: Readonly<Record<string, string | null>> };
  readonly spec?: { readonly [field in keyof HostSpec]?: HostSpec[field] | null };
}

/** On the host, for all that its claim asks to be held off for. */
const heldOff = `${annotations.reboot}/hostclaim`;

/** What a claim makes of its host. Its Secrets have been copied by then. */
export function wantedOf(claim: HostClaim, { metadata: { name = '', namespace = '' } }: BareMetalHost): HostPatch {
  const { image, customDeploy, poweredOn } = claim.spec;
  const copy = (kind: DataKind) =>
    sourceOf(claim.spec, kind) === undefined ? null : { name: copyName(name, kind), namespace };
  return {
    metadata: { annotations: { [heldOff]: holdOf(claim) } },
    spec: {
      online: poweredOn,
      image: image === undefined ? null : { ...image, ...imageAuth(claim, name) },
      customDeploy: customDeploy ?? null,
      userData: copy('userData'),
      metaData: copy('metaData'),
      networkData: copy('networkData'),
    },
  };
}

/** What makes a host as it was before it was claimed, but for its consumer. */
export function clearedOf({ spec }: BareMetalHost): HostPatch {
  return {
    metadata: { annotations: { [heldOff]: null } },
    spec: {
      online: spec.disablePowerOff === true,
      image: null,
      customDeploy: null,
      userData: null,
      metaData: null,
      networkData: null,
    },
  };
}

/** Whether a patch would change the host, by value. */
export function changesHost(host: BareMetalHost, { metadata, spec }: HostPatch): boolean {
  const noted = host.metadata.annotations ?? {};
  const present = host.spec as Readonly<Record<string, unknown>>;
  return (
    Object.entries(metadata?.annotations ?? {}).some(([name, value]) => (noted[name] ?? null) !== value) ||
    Object.entries(spec ?? {}).some(([field, value]) => !sameJson(present[field] ?? null, value))
  );
}

/** The reboot that the claim asks for once; it is handed to the host and is over for the claim. */
export function rebootOf({ metadata }: HostClaim): string | undefined {
  return metadata.annotations?.[annotations.reboot];
}

/** Kinds of Secrets that the claim does not have, or has no more. */
export function unwantedData({ spec }: HostClaim): readonly DataKind[] {
  return dataKinds.filter((kind) => sourceOf(spec, kind) === undefined);
}

function imageAuth({ spec }: HostClaim, host: string): { readonly ociAuthSecretName?: string } {
  return sourceOf(spec, 'imageAuth') === undefined ? {} : { ociAuthSecretName: copyName(host, 'imageAuth') };
}

/** Requests with a suffix hold the power off while there is any: hard if one of them is, forced if one of them is. */
function holdOf({ metadata }: HostClaim): string | null {
  const holding = rebootRequests(metadata.annotations).filter(({ key }) => key !== annotations.reboot);
  if (holding.length === 0) return null;
  const mode = holding.some((request) => request.mode === 'hard') ? 'hard' : 'soft';
  return JSON.stringify({ mode, force: holding.some(({ force }) => force) });
}
