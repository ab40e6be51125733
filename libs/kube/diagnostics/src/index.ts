/** What operators of Cluster API serve and say besides their work: metrics, profiles and verbosity at one address, TLS as their flags ask. */
export { type Diagnostics, diagnosticsParts, type DiagnosticsSettings } from './diagnostics.ts';
export { diagnosticsSettings, loggingSettings, tlsSettings } from './settings.ts';
export { cipherNames, curveNames, tlsOptions, type TlsOptions } from './tls.ts';
export { withVerbosity } from './verbosity.ts';
