import { keyOf, sameJson, unlessGone, type KubeClient } from '@metal3/kube-client';
import {
  addFinalizer,
  metaTime,
  ownerReference,
  patchSession,
  removeFinalizer,
  type Cache,
  type Reconcile,
} from '@metal3/kube-controller';
import {
  metal3Data as metal3DataKind,
  metal3DataClaim as claimKind,
  metal3DataTemplate as templateKind,
  type Metal3Data,
  type Metal3DataClaim,
  type Metal3DataTemplate,
} from '@metal3/metal3-api';
import { clusterNameLabel, pausedAnnotation, type Cluster } from '../cluster-api/kinds.ts';
import { decideTemplate, shownIndexes, type TemplateStep } from './decide.ts';

export const templateFinalizer = 'metal3datatemplate.infrastructure.cluster.x-k8s.io';
/** On claims and on data, until a claim has let its data go. */
export const claimFinalizer = 'metal3dataclaim.infrastructure.cluster.x-k8s.io';

export interface TemplateCaches {
  readonly templates: Cache<Metal3DataTemplate>;
  readonly dataClaims: Cache<Metal3DataClaim>;
  readonly data: Cache<Metal3Data>;
  readonly clusters: Cache<Cluster>;
}

/** What is asked of a template. */
export function claimsOf(
  claims: Cache<Metal3DataClaim>,
  { metadata: { namespace, name } }: Metal3DataTemplate,
): readonly Metal3DataClaim[] {
  return claims.list({ namespace, where: ({ spec }) => spec.template?.name === name });
}

/** One pass over a Metal3DataTemplate and its claims. What concerns one claim only is said on that claim, and holds no other up. */
export function templatePass(
  client: KubeClient,
  caches: TemplateCaches,
  clock: { readonly now: () => number },
): Reconcile {
  return async (key, { signal }) => {
    const template = caches.templates.find(key);
    if (template === undefined || template.metadata.annotations?.[pausedAnnotation] !== undefined) return undefined;
    const { namespace } = key;
    const ofTemplate = ({ spec }: Metal3Data) => spec.template?.name === key.name;
    const { steps, unused } = decideTemplate({
      template,
      claims: claimsOf(caches.dataClaims, template).toSorted(oldestFirst),
      data: caches.data.list({ namespace, where: ofTemplate }),
      isTaken: (name) => caches.data.find({ namespace, name }) !== undefined,
      isPaused: ({ metadata }) =>
        caches.clusters.find({ namespace, name: metadata.labels?.[clusterNameLabel] ?? '' })?.spec.paused === true,
    });

    const deleting = template.metadata.deletionTimestamp !== undefined;
    if (!deleting && !template.metadata.finalizers?.includes(templateFinalizer)) {
      const session = patchSession(client, templateKind, template, { owned: ['metadata.finalizers'] });
      addFinalizer(session.draft, templateFinalizer);
      await session.save({ signal });
    }
    for (const step of steps) await carryOut(step, template, client, signal);

    const latest = caches.templates.find(key);
    if (latest === undefined) return undefined;
    const session = patchSession(client, templateKind, latest);
    if (deleting && unused) removeFinalizer(session.draft, templateFinalizer);
    else showIndexes(session.draft, caches.data.list({ namespace, where: ofTemplate }), clock.now());
    await session.save({ signal });
    return undefined;
  };
}

function oldestFirst(left: Metal3DataClaim, right: Metal3DataClaim): number {
  const [a, b] = [left, right].map(({ metadata: { creationTimestamp, name } }) => `${creationTimestamp} ${name}`);
  return (a ?? '').localeCompare(b ?? '');
}

function showIndexes(draft: Metal3DataTemplate, data: readonly Metal3Data[], now: number): void {
  const indexes = shownIndexes(data);
  if (sameJson(draft.status?.indexes, indexes)) return;
  const status = (draft.status ??= {});
  if (indexes === undefined) delete status.indexes;
  else status.indexes = indexes;
  status.lastUpdated = metaTime(now);
}

async function carryOut(
  step: TemplateStep,
  template: Metal3DataTemplate,
  client: KubeClient,
  signal: AbortSignal,
): Promise<void> {
  const session = patchSession(client, claimKind, step.claim);
  const { draft } = session;
  switch (step.kind) {
    case 'release':
      if (step.data !== undefined) await release(step.data, client, signal);
      removeFinalizer(draft, claimFinalizer);
      break;
    case 'create':
    case 'record': {
      if (addFinalizer(draft, claimFinalizer)) await session.save({ signal });
      if (step.kind === 'create') {
        const problem = await create(step, template, client, signal);
        if (problem !== undefined) {
          (draft.status ??= {}).errorMessage = problem;
          break;
        }
      }
      const status = (draft.status ??= {});
      status.renderedData = { name: step.name, namespace: step.claim.metadata.namespace ?? '' };
      delete status.errorMessage;
    }
  }
  await unlessGone(session.save({ signal }));
}

/** @returns what is wrong with the claim, if anything is */
async function create(
  { claim, name, index }: Extract<TemplateStep, { kind: 'create' }>,
  template: Metal3DataTemplate,
  client: KubeClient,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { namespace = '', labels, ownerReferences = [] } = claim.metadata;
  const machine = ownerReferences.find(({ kind }) => kind === 'Metal3Machine');
  if (machine === undefined) return 'the claim has no Metal3Machine as its owner';
  const owners = [ownerReference(claim, { controller: true }), { ...machine, controller: false }];
  await client.create(
    metal3DataKind,
    {
      metadata: {
        name,
        namespace,
        finalizers: [claimFinalizer],
        ...(labels !== undefined && { labels }),
        ownerReferences: owners,
      },
      spec: {
        index,
        template: { name: template.metadata.name ?? '', namespace },
        claim: { name: claim.metadata.name ?? '', namespace },
      },
    },
    { signal },
  );
  return undefined;
}

async function release(data: Metal3Data, client: KubeClient, signal: AbortSignal): Promise<void> {
  const session = patchSession(client, metal3DataKind, data, { owned: ['metadata.finalizers'] });
  removeFinalizer(session.draft, claimFinalizer);
  await unlessGone(session.save({ signal }));
  await unlessGone(client.delete(metal3DataKind, keyOf(data), { signal }));
}
