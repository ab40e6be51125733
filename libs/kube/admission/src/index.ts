/** Webhooks of the API server: reviews, the HTTPS server, and certificates that look after themselves. */
export {
  type AdmissionRequest,
  type AdmissionVerdict,
  type ConversionReview,
  type FieldProblem,
  type GroupVersionKind,
} from './review.ts';
export { type FieldRules, forbiddenField, invalidField, requiredField, reviewFields } from './field-rules.ts';
export {
  BadReview,
  conversionWebhook,
  mutatingWebhook,
  validatingWebhook,
  type Webhook,
  webhookPath,
} from './webhook.ts';
export { webhookParts, type WebhookPart, type WebhookPartsOptions, type WebhookSettings } from './parts.ts';
export { webhookServer, type WebhookServer, type WebhookServerOptions } from './server.ts';
export { webhookMetrics, type WebhookMetrics } from './webhook-metrics.ts';
export type { ServingCertificate, ServingCertificates } from './certificates/port.ts';
export { ephemeralCertificate } from './certificates/ephemeral.ts';
export { certificatesInFolder, type FolderOptions } from './certificates/folder.ts';
export { selfManagedCertificates, type SelfManagedOptions } from './certificates/self-managed.ts';
export {
  mutatingWebhookConfiguration,
  trustAuthority,
  type TrustTarget,
  validatingWebhookConfiguration,
  type WebhookClientConfig,
  type WebhookConfiguration,
} from './trust.ts';
export { registerWebhooks, type WebhookRegistration } from './registration.ts';
