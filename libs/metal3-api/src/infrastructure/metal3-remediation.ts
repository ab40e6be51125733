import { defineKind, type Resource } from '../kind.ts';
import * as v1beta2 from './v1beta2/metal3-remediation.ts';
import * as v1beta1 from './v1beta1/metal3-remediation.ts';

export type Metal3RemediationSpec = v1beta2.Metal3RemediationSpec;

export type Metal3RemediationStatus = v1beta2.Metal3RemediationStatus;

/** One attempt to repair an unhealthy machine by power cycling its host. */
export type Metal3Remediation = Resource<v1beta2.Metal3RemediationSpec, v1beta2.Metal3RemediationStatus>;

/** Metal3Remediation as clients of the deprecated v1beta1 see it. */
export type Metal3RemediationV1Beta1 = Resource<v1beta1.Metal3RemediationSpec, v1beta1.Metal3RemediationStatus>;

export const metal3Remediation = defineKind<Metal3Remediation>({
  group: 'infrastructure.cluster.x-k8s.io',
  kind: 'Metal3Remediation',
  plural: 'metal3remediations',
  singular: 'metal3remediation',
  shortNames: ['m3r', 'm3remediation'],
  categories: ['cluster-api'],
  labels: {
    'cluster.x-k8s.io/provider': 'infrastructure-metal3',
    'cluster.x-k8s.io/v1beta1': 'v1beta1',
    'cluster.x-k8s.io/v1beta2': 'v1beta2',
  },
  versions: [
    {
      name: 'v1beta1',
      storage: false,
      deprecated: true,
      spec: v1beta1.Metal3RemediationSpec,
      status: v1beta1.Metal3RemediationStatus,
      columns: [
        { jsonPath: '.spec.strategy.retryLimit', name: 'Retry limit', type: 'string' },
        { jsonPath: '.status.retryCount', name: 'Retry count', type: 'string' },
        { jsonPath: '.status.lastRemediated', name: 'Last Remediated', type: 'string' },
        { jsonPath: '.spec.strategy.type', name: 'Strategy', type: 'string' },
        { jsonPath: '.status.phase', name: 'Phase', type: 'string' },
      ],
      subresources: 'status',
    },
    {
      name: 'v1beta2',
      storage: true,
      spec: v1beta2.Metal3RemediationSpec,
      status: v1beta2.Metal3RemediationStatus,
      columns: [
        { jsonPath: '.spec.strategy.retryLimit', name: 'Retry limit', type: 'string' },
        { jsonPath: '.status.retryCount', name: 'Retry count', type: 'string' },
        { jsonPath: '.status.lastRemediated', name: 'Last Remediated', type: 'string' },
        { jsonPath: '.spec.strategy.type', name: 'Strategy', type: 'string' },
        { jsonPath: '.status.phase', name: 'Phase', type: 'string' },
      ],
      subresources: 'status',
    },
  ],
});
