import { Counter, Histogram, type Registry } from 'prom-client';
import type { HostMetrics } from './ports.ts';

const byHost = ['namespace', 'host'] as const;
const operationBuckets = [30, 90, 180, 360, 720, 1440];

/** Names and labels are those of upstream, double underscores included. Series of a host go with the host. */
export function hostMetrics(registry: Registry): HostMetrics {
  const registers = [registry];
  const counter = <Label extends string>(name: string, help: string, labelNames: readonly Label[] = []) =>
    new Counter({ name, help, labelNames: [...labelNames], registers });
  const histogram = (operation: string, buckets?: number[]) =>
    new Histogram({
      name: `metal3_operation_${operation}_duration_seconds`,
      help: `Length of time per ${operation} per host`,
      labelNames: [...byHost],
      ...(buckets === undefined ? {} : { buckets }),
      registers,
    });

  const reconciles = counter('metal3_reconcile_total', 'The number of times hosts have been reconciled', byHost);
  const reconcileErrors = counter(
    'metal3_reconcile_error_total',
    'The number of times the operator has failed to reconcile a host',
  );
  const hostErrors = counter('metal3_host_error_total', 'The number of times hosts have entered an error state', [
    'error_type',
  ]);
  const power = counter('metal3_operation_power_change_total', 'Number of times a host has been powered on/off', [
    ...byHost,
    'on_off',
  ]);
  const configData = counter(
    'metal3_host_config_data_error_total',
    'Number of times the operator failed to retrieve host config data',
    ['host_data_type'],
  );
  const delayed = {
    provisioning: counter(
      'metal3_delayed__provisioning_total',
      'The number of times hosts have been delayed while provisioning',
      byHost,
    ),
    deprovisioning: counter(
      'metal3_delayed__deprovisioning_total',
      'The number of times hosts have been delayed while deprovisioning',
      byHost,
    ),
  };
  const durations = {
    register: histogram('register'),
    inspect: histogram('inspect', operationBuckets),
    provision: histogram('provision', operationBuckets),
    deprovision: histogram('deprovision', operationBuckets),
  };
  const stateChanges = counter(
    'metal3_provisioning_state_change_total',
    'Number of times a state transition has succeeded',
    ['prev_state', 'new_state'],
  );
  const plain = {
    credentialsMissing: counter(
      'metal3_credentials_missing_total',
      "Number of times a host's credentials are found to be missing",
    ),
    credentialsInvalid: counter(
      'metal3_credentials_invalid_total',
      "Number of times a host's credentials are found to be invalid",
    ),
    credentialsUnhandledError: counter(
      'metal3_credentials_unhandled_error_total',
      "Number of times getting a host's credentials fails unexpectedly",
    ),
    credentialsUpdated: counter('metal3_credentials_updated_total', "Number of times a host's credentials change"),
    noManagementAccess: counter(
      'metal3_credentials_no_management_access_total',
      'Number of times a host management interface is unavailable',
    ),
    registrationRequired: counter(
      'metal3_host_registration_required_total',
      'Number of times a host is found to be unregistered',
    ),
    unmanaged: counter('metal3_host_unmanaged_total', 'Number of times a host is found to be unmanaged'),
    deleteWithoutDeprovisioning: counter(
      'metal3_delete_without_deprovisioning_total',
      'Number of times a host is deleted despite deprovisioning failing',
    ),
    provisionerNotReady: counter('metal3_provisioner_not_ready_total', 'Number of times a host is not provision ready'),
    deleteDelayedForDetached: counter(
      'metal3_delete_delayed_for_detached_total',
      'Number of times a host is not deleted due to being detached',
    ),
  };

  const labels = (key: { namespace?: string | undefined; name?: string | undefined }) => ({
    namespace: key.namespace ?? '',
    host: key.name ?? '',
  });
  return {
    reconciled: ({ metadata }) => reconciles.inc(labels(metadata)),
    reconcileFailed: () => reconcileErrors.inc(),
    hostFailed: (reason) => hostErrors.inc({ error_type: reason }),
    stateChanged: (from, to) => stateChanges.inc({ prev_state: from, new_state: to }),
    operationEnded: ({ metadata }, operation, seconds) => durations[operation].observe(labels(metadata), seconds),
    powerChanged: ({ metadata }, to) => power.inc({ ...labels(metadata), on_off: to }),
    delayed: ({ metadata }, operation) => delayed[operation].inc(labels(metadata)),
    configDataFailed: (hostData) => configData.inc({ host_data_type: hostData }),
    count: (name) => plain[name].inc(),
    forget(key) {
      const host = labels(key);
      reconciles.remove(host);
      for (const metric of [delayed.provisioning, delayed.deprovisioning, ...Object.values(durations)])
        metric.remove(host);
      for (const to of ['on', 'off']) power.remove({ ...host, on_off: to });
    },
  };
}
