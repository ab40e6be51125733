import { unlessGone } from '@metal3/kube-client';
import {
  addFinalizer,
  hasFinalizer,
  ownerReference,
  patchSession,
  removeFinalizer,
  setOwnerReference,
  type CachedClient,
} from '@metal3/kube-controller';
import { bareMetalHost, type BareMetalHost } from '@metal3/metal3-api';
import { environmentLabel, finalizers } from '../annotations.ts';
import { secretKind, type Secret } from './secret.ts';

/** Marks the credentials of a host as ours: watched by their label, deleted with the host, and not before it. */
export async function claimCredentials(client: CachedClient, secret: Secret, host: BareMetalHost): Promise<Secret> {
  if (isHeld(secret) && isOwned(secret, host)) return secret;
  const session = patchSession(client, secretKind, secret);
  hold(session.draft);
  setOwnerReference(session.draft, { ...ownerReference(host), controller: false, blockOwnerDeletion: true });
  return session.changed ? session.save() : secret;
}

/** Marks a network configuration as ours. Hosts share them, so no host takes it along when it is deleted. */
export async function claimAgentNetwork(client: CachedClient, secret: Secret): Promise<Secret> {
  if (isHeld(secret)) return secret;
  const session = patchSession(client, secretKind, secret);
  hold(session.draft);
  return session.changed ? session.save() : secret;
}

export async function releaseClaim(client: CachedClient, secret: Secret): Promise<void> {
  const session = patchSession(client, secretKind, secret, { owned: ['metadata.finalizers'] });
  removeFinalizer(session.draft, finalizers.secret);
  if (session.changed) await unlessGone(session.save());
}

/** A Secret that is held, but not with a host: a network configuration. */
export function isHeldAlone({ metadata }: Secret): boolean {
  const owners = metadata.ownerReferences ?? [];
  return hasFinalizer({ metadata }, finalizers.secret) && !owners.some(({ kind }) => kind === bareMetalHost.kind);
}

function hold({ metadata }: Secret): void {
  if (metadata.labels?.[environmentLabel.key] === undefined) {
    metadata.labels = { ...metadata.labels, [environmentLabel.key]: environmentLabel.value };
  }
  // The API server refuses new finalizers on what is being deleted.
  if (metadata.deletionTimestamp === undefined) addFinalizer({ metadata }, finalizers.secret);
}

function isHeld({ metadata }: Secret): boolean {
  return metadata.labels?.[environmentLabel.key] !== undefined && hasFinalizer({ metadata }, finalizers.secret);
}

function isOwned({ metadata }: Secret, { metadata: { uid } }: BareMetalHost): boolean {
  return metadata.ownerReferences?.some((owner) => owner.uid === uid && owner.controller !== true) === true;
}
