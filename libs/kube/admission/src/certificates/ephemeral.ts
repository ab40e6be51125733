import { createAuthority, issueServing } from './authority.ts';
import type { ServingCertificate } from './port.ts';

const lifetimeMs = 3650 * 86_400_000;

/** A certificate that only this process has and nobody is told to trust: it keeps secret what is said, not who says it. */
export async function ephemeralCertificate(names: readonly string[], now: number): Promise<ServingCertificate> {
  const authority = await createAuthority('ephemeral', now, lifetimeMs);
  return issueServing(authority, names, now, lifetimeMs);
}
