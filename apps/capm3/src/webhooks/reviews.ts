import { isDeepStrictEqual } from 'node:util';
import {
  mutatingWebhook,
  reviewFields,
  validatingWebhook,
  type FieldRules,
  type Webhook,
} from '@metal3/kube-admission';
import type { Kind, KubeObject } from '@metal3/kube-client';
import {
  metal3Cluster,
  metal3ClusterTemplate,
  metal3Data,
  metal3DataClaim,
  metal3DataTemplate,
  metal3Machine,
  metal3MachineTemplate,
  metal3Remediation,
  metal3RemediationTemplate,
} from '@metal3/metal3-api';
import { clusterProblems, clusterTemplateProblems, defaultCluster } from './cluster.ts';
import { dataClaimProblems, dataClaimUpdateProblems, dataProblems, dataUpdateProblems } from './data.ts';
import { dataTemplateProblems, dataTemplateUpdateProblems, dataTemplateWarnings } from './data-template.ts';
import { machineProblems, machineTemplateProblems, selectorWarnings } from './machine.ts';
import { defaultRemediationTemplate, strategyProblems } from './remediation.ts';

/** The kinds that are checked. */
export const reviewedKinds = [
  metal3Cluster,
  metal3ClusterTemplate,
  metal3Machine,
  metal3MachineTemplate,
  metal3DataTemplate,
  metal3DataClaim,
  metal3Data,
  metal3Remediation,
  metal3RemediationTemplate,
] as const;

/** The kinds of which something is filled in. */
export const defaultedKinds = [metal3Cluster, metal3RemediationTemplate] as const;

/**
 * Every path that upstream serves. Where there is nothing to fill in the answer is no change: our own registrations leave these paths
 * out, those that others made do not.
 */
export function capm3Webhooks(): readonly Webhook[] {
  const untouched = reviewedKinds.filter((kind) => !(defaultedKinds as readonly unknown[]).includes(kind));
  return [
    mutatingWebhook(metal3Cluster, defaultCluster),
    mutatingWebhook(metal3RemediationTemplate, defaultRemediationTemplate),
    ...untouched.map((kind) => mutatingWebhook(kind as Kind<KubeObject>, () => {})),
    rules(metal3Cluster, same(clusterProblems)),
    rules(metal3ClusterTemplate, same(clusterTemplateProblems)),
    rules(metal3Machine, { ...same(machineProblems), warnings: ({ spec }) => selectorWarnings('spec', spec) }),
    rules(metal3MachineTemplate, {
      ...same(machineTemplateProblems),
      warnings: ({ spec }) => selectorWarnings('spec.template.spec', spec.template.spec),
    }),
    rules(metal3DataTemplate, {
      created: dataTemplateProblems,
      updated: dataTemplateUpdateProblems,
      warnings: dataTemplateWarnings,
    }),
    rules(metal3Data, { created: dataProblems, updated: dataUpdateProblems }),
    rules(metal3DataClaim, { created: dataClaimProblems, updated: dataClaimUpdateProblems }),
    rules(
      metal3Remediation,
      same(({ spec }) => strategyProblems('spec', spec.strategy)),
    ),
    rules(
      metal3RemediationTemplate,
      same(({ spec }) => strategyProblems('spec.template.spec', spec.template.spec.strategy)),
    ),
  ];
}

/**
 * The same rules for an update. One that leaves the spec alone is let in whatever the spec says: finalizers, labels and owners of an
 * object that was stored under older rules must remain writable.
 */
function same<T extends KubeObject & { readonly spec: object }>(problems: FieldRules<T>['created']): FieldRules<T> {
  return {
    created: problems,
    updated: (before, after) => (isDeepStrictEqual(before.spec, after.spec) ? [] : problems(after)),
  };
}

function rules<T extends KubeObject>(kind: Kind<T>, checked: FieldRules<T>): Webhook {
  return validatingWebhook(kind, (request) => reviewFields(request, checked));
}
