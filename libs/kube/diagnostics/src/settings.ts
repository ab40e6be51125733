import { Type } from 'typebox';
import { cipherNames } from './tls.ts';

/** Goes under the key `logging` of a configuration schema. */
export const loggingSettings = Type.Object({
  format: Type.Enum(['json'], {
    default: 'json',
    env: false,
    flag: 'logging-format',
    description: 'Form of log lines; there is one',
  }),
  verbosity: Type.Integer({
    default: 0,
    minimum: 0,
    env: false,
    flag: ['v', 'verbosity'],
    description: "Kubernetes' way to log more: 4 and above is debug, 8 and above trace, whatever the log level is",
  }),
});

/** Goes under the key `tls`; for `tlsOptions`. */
export const tlsSettings = Type.Object({
  minVersion: Type.Enum(['VersionTLS12', 'VersionTLS13'], {
    default: 'VersionTLS12',
    flag: 'tls-min-version',
    description: 'Oldest version of TLS that webhooks and diagnostics accept',
  }),
  cipherSuites: Type.Array(Type.Enum(Object.keys(cipherNames)), {
    default: [],
    flag: 'tls-cipher-suites',
    description:
      'Cipher suites that they accept for TLS 1.2, by their names in the standards; empty for all that are safe',
  }),
});

/** Goes under the key `diagnostics`; for `diagnosticsParts`. */
export const diagnosticsSettings = Type.Object({
  address: Type.String({
    default: '',
    flag: 'diagnostics-address',
    description:
      'host:port of /metrics, /debug/pprof/ and /debug/flags/v by HTTPS for those whose token may call the path; empty for none: the health address has the metrics, too',
  }),
  insecure: Type.Boolean({
    default: false,
    flag: 'insecure-diagnostics',
    description: 'Serve /metrics, and nothing else, by plain HTTP to everybody',
  }),
});
