/** The annotations through which people and other controllers speak to a BareMetalHost. */
export const annotations = {
  paused: 'baremetalhost.metal3.io/paused',
  detached: 'baremetalhost.metal3.io/detached',
  status: 'baremetalhost.metal3.io/status',
  reboot: 'reboot.metal3.io',
  inspect: 'inspect.metal3.io',
  hardwareDetails: 'inspect.metal3.io/hardwaredetails',
} as const;

export const finalizers = {
  host: 'baremetalhost.metal3.io',
  secret: 'baremetalhost.metal3.io/secret',
  hardwareData: 'baremetalhost.metal3.io/hardwareData',
  preprovisioningImage: 'baremetalhost.metal3.io/preprovisioningImage',
} as const;

/** Marks Secrets that belong to this system; the Secret cache holds these. */
export const environmentLabel = { key: 'environment.metal3.io', value: 'baremetal' } as const;

type Annotations = Readonly<Record<string, string>> | undefined;

export interface RebootRequest {
  readonly key: string;
  readonly mode: 'hard' | 'soft';
  readonly force: boolean;
  /** The value could not be read, so the gentle defaults apply. */
  readonly invalid: boolean;
}

/** All reboot requests on a host; those with a suffix hold the power off until their author removes them. */
export function rebootRequests(present: Annotations): readonly RebootRequest[] {
  return Object.entries(present ?? {})
    .filter(([key]) => key === annotations.reboot || key.startsWith(`${annotations.reboot}/`))
    .map(([key, value]) => ({ key, ...parseReboot(value) }));
}

function parseReboot(value: string): Omit<RebootRequest, 'key'> {
  const gentle = { mode: 'soft', force: false, invalid: false } as const;
  if (value === '') return gentle;
  const fields = looseObject(value);
  if (fields === undefined) return { ...gentle, invalid: true };
  const mode = fields['mode'] ?? '';
  const force = fields['force'] ?? false;
  if (!['', 'hard', 'soft'].includes(String(mode)) || typeof force !== 'boolean') return { ...gentle, invalid: true };
  return { mode: mode === 'hard' ? 'hard' : 'soft', force, invalid: false };
}

export interface DetachRequest {
  readonly force: boolean;
  /** What a deletion means while detached. */
  readonly deleteAction: 'delete' | 'delay';
}

/** undefined when the host is not to be detached. Any value will do; what cannot be read counts as empty. */
export function detachRequest(present: Annotations): DetachRequest | undefined {
  const value = present?.[annotations.detached];
  if (value === undefined) return undefined;
  const fields = looseObject(value) ?? {};
  return { force: fields['force'] === true, deleteAction: fields['deleteaction'] === 'delay' ? 'delay' : 'delete' };
}

/** A JSON object with its keys in lower case, since clients in the field spell them either way; undefined if it is none. */
function looseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    return Object.fromEntries(Object.entries(value).map(([key, field]) => [key.toLowerCase(), field]));
  } catch {
    return undefined;
  }
}

export function isPaused(present: Annotations): boolean {
  return present?.[annotations.paused] !== undefined;
}
