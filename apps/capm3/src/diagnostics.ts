import type { KubeClient } from '@metal3/kube-client';
import { type Diagnostics, diagnosticsParts, tlsOptions } from '@metal3/kube-diagnostics';
import type { Service } from '@metal3/service';
import type { Capm3Config } from './config.ts';

/** Metrics and more where upstream's flags ask for them, the deprecated one included. */
export function capm3Diagnostics(
  { diagnostics, metricsBindAddress, tls }: Pick<Capm3Config, 'diagnostics' | 'metricsBindAddress' | 'tls'>,
  client: Pick<KubeClient, 'create'>,
  service: Pick<Service, 'metrics' | 'clock' | 'log'>,
): readonly Diagnostics[] {
  const asked = [diagnostics, { address: metricsBindAddress, insecure: true }];
  return asked.flatMap((settings) => diagnosticsParts(settings, tlsOptions(tls), client, service));
}
