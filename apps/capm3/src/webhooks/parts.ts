import {
  conversionWebhook,
  registerWebhooks,
  webhookMetrics,
  webhookParts,
  type TrustTarget,
} from '@metal3/kube-admission';
import type { Kind, KubeClient } from '@metal3/kube-client';
import { homeNamespace, watchedNamespaces } from '@metal3/kube-controller';
import { tlsOptions } from '@metal3/kube-diagnostics';
import type { Part, Service } from '@metal3/service';
import type { Capm3Config } from '../config.ts';
import { convert } from '../conversion/convert.ts';
import { conversionPath, convertedCrds, registerConversion } from '../conversion/registration.ts';
import { capm3Webhooks, defaultedKinds, reviewedKinds } from './reviews.ts';

/** Conversion, defaults and checks by one HTTPS server, and what makes the API server use it. Runs on every replica. */
export function capm3WebhookParts(config: Capm3Config, client: KubeClient, service: Service): readonly Part[] {
  const { configuration } = config.webhooks;
  const targets: readonly TrustTarget[] = [
    ...convertedCrds.map((name) => ({ kind: 'conversion', name }) as const),
    { kind: 'mutating', name: configuration },
    { kind: 'validating', name: configuration },
  ];
  return webhookParts(config.webhooks, {
    client,
    namespace: homeNamespace(config),
    targets,
    webhooks: [conversionWebhook(convert, conversionPath), ...capm3Webhooks()],
    async register(url, signal) {
      await registerConversion(client, `${url}${conversionPath}`);
      await registerReviews(client, { configuration, url, namespaces: watchedNamespaces(config) }, signal);
    },
    metrics: webhookMetrics(service.metrics),
    ...tlsOptions(config.tls),
    clock: service.clock,
    log: service.log,
  });
}

interface Registration {
  readonly configuration: string;
  readonly url: string;
  /** Those whose objects are looked at; empty for all. */
  readonly namespaces: readonly string[];
}

async function registerReviews(
  client: KubeClient,
  { configuration: name, url, namespaces }: Registration,
  signal: AbortSignal,
): Promise<void> {
  const common = { name, reach: { url }, namespaces };
  const named = (purpose: string, kinds: readonly Kind[]) =>
    kinds.map((kind) => ({
      name: `${purpose}.${kind.kind.toLowerCase()}.${kind.group}`,
      kind,
      operations: ['CREATE', 'UPDATE'] as const,
    }));
  const mutating = named('default', defaultedKinds as readonly Kind[]);
  await registerWebhooks(client, { ...common, type: 'mutating', webhooks: mutating }, signal);
  const validating = named('validation', reviewedKinds as readonly Kind[]);
  await registerWebhooks(client, { ...common, type: 'validating', webhooks: validating }, signal);
}
