import { createAuthority, inspectCertificate, issueServing } from './authority.ts';

/** What the Secret of a webhook server holds; PEM. */
export interface CertificateSet {
  /** What clients trust: the present authority, and the one before for as long as its certificates may be in use. */
  readonly bundle: string;
  readonly authority: { readonly cert: string; readonly key: string };
  readonly serving: { readonly cert: string; readonly key: string };
}

export interface RotationPolicy {
  /** DNS names and IP addresses of the webhook server. */
  readonly names: readonly string[];
  readonly authorityLifetimeMs: number;
  readonly servingLifetimeMs: number;
}

/** A certificate is replaced when this part of its life is over. */
const renewAt = 2 / 3;

/** What is due: nothing, a serving certificate, or an authority with it. */
export function decideRotation(
  held: CertificateSet | undefined,
  { names }: RotationPolicy,
  now: number,
): 'keep' | 'renew-serving' | 'renew-authority' {
  if (held === undefined) return 'renew-authority';
  try {
    if (now >= inspectCertificate(held.authority.cert).past(renewAt)) return 'renew-authority';
    const serving = inspectCertificate(held.serving.cert);
    const covered = names.every((name) => serving.names.includes(name));
    return covered && now < serving.past(renewAt) ? 'keep' : 'renew-serving';
  } catch {
    // Whatever is in the Secret is no certificate.
    return 'renew-authority';
  }
}

/** Carries the decision out. */
export async function rotate(
  held: CertificateSet | undefined,
  decision: 'renew-serving' | 'renew-authority',
  policy: RotationPolicy,
  now: number,
): Promise<CertificateSet> {
  const keep = decision === 'renew-serving' && held !== undefined;
  const authority = keep ? held.authority : await createAuthority('metal3-webhooks', now, policy.authorityLifetimeMs);
  const serving = await issueServing(authority, policy.names, now, policy.servingLifetimeMs);
  const previous = keep || held === undefined || isOver(held.authority.cert, now) ? '' : held.authority.cert;
  return { bundle: keep ? held.bundle : authority.cert + previous, authority, serving };
}

function isOver(pem: string, now: number): boolean {
  try {
    return now >= inspectCertificate(pem).past(1);
  } catch {
    return true;
  }
}
