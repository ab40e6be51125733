import type { BareMetalHost, BareMetalHostStatus } from '@metal3/metal3-api';

/** Whether a host that is ready for use should be put to use. */
export function needsProvisioning({ spec }: BareMetalHost, { provisioning }: BareMetalHostStatus): boolean {
  if (!spec.online) return false;
  const method = spec.customDeploy?.method ?? '';
  const newImage = Boolean(spec.image?.url) && !provisioning.image?.url;
  return newImage || (method !== '' && method !== (provisioning.customDeploy?.method ?? ''));
}

/**
 * Whether what is on (or going onto) the machine is no longer wanted. Only the image URL and the custom method count: a new
 * checksum or new user data never costs anyone a running machine.
 */
export function provisioningCancelled({ spec }: BareMetalHost, { provisioning }: BareMetalHostStatus): boolean {
  const wantedMethod = spec.customDeploy?.method ?? '';
  const presentMethod = provisioning.customDeploy?.method ?? '';
  const wantedUrl = spec.image?.url ?? '';
  const presentUrl = provisioning.image?.url ?? '';
  if (wantedMethod !== '') {
    return (presentMethod !== '' && presentMethod !== wantedMethod) || (presentUrl !== '' && presentUrl !== wantedUrl);
  }
  if (presentMethod !== '') return true;
  if (wantedUrl === '') return true;
  return presentUrl !== '' && presentUrl !== wantedUrl;
}
