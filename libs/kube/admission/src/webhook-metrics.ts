import { X509Certificate } from 'node:crypto';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** Told of every review that was answered, and of every certificate that is served. */
export interface WebhookMetrics {
  answered(review: { readonly path: string; readonly status: number; readonly durationMs: number }): void;
  /** PEM. */
  serving(cert: string): void;
}

/** Reviews under the names that controller-runtime uses, and the end of the serving certificate. */
export function webhookMetrics(registry: Registry): WebhookMetrics {
  const registers = [registry];
  const requests = new Counter({
    name: 'controller_runtime_webhook_requests_total',
    help: 'Total number of admission requests by HTTP status code',
    labelNames: ['webhook', 'code'],
    registers,
  });
  const latency = new Histogram({
    name: 'controller_runtime_webhook_latency_seconds',
    help: 'Time to answer admission requests',
    labelNames: ['webhook'],
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5],
    registers,
  });
  const expiry = new Gauge({
    name: 'metal3_webhook_certificate_expiry_timestamp_seconds',
    help: 'When the certificate of the webhooks ends',
    registers,
  });
  return {
    answered({ path, status, durationMs }) {
      requests.inc({ webhook: path, code: String(status) });
      latency.observe({ webhook: path }, durationMs / 1000);
    },
    serving(cert) {
      expiry.set(new X509Certificate(cert).validToDate.getTime() / 1000);
    },
  };
}
