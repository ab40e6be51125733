import { cipherNames, curveNames, tlsOptions, type TlsOptions } from '@metal3/kube-diagnostics';
import { Type, type Static } from 'typebox';

const versions = ['TLS12', 'TLS13'] as const;

/** Of the webhook and the metrics, by upstream's flags. Goes under the key `tls`. */
export const tlsSettings = Type.Object({
  minVersion: Type.Enum([...versions], {
    default: 'TLS12',
    flag: 'tls-min-version',
    description: 'Oldest version of TLS that webhook and metrics accept',
  }),
  maxVersion: Type.Enum([...versions], {
    default: 'TLS13',
    flag: 'tls-max-version',
    description: 'Newest version of TLS that they accept',
  }),
  cipherSuites: Type.Array(Type.Enum(Object.keys(cipherNames)), {
    default: [],
    flag: 'tls-cipher-suites',
    description:
      'Cipher suites that they accept for TLS 1.2, by their names in the standards; empty for all that are safe',
  }),
  curvePreferences: Type.Array(Type.Enum(Object.keys(curveNames)), {
    default: [],
    flag: 'tls-curve-preferences',
    description: 'Groups for the exchange of keys, the most wanted first; empty for those of OpenSSL',
  }),
});

const opensslVersion = { TLS12: 'TLSv1.2', TLS13: 'TLSv1.3' } as const;

/** The same as Node's servers take it. */
export function servedTls({
  minVersion,
  maxVersion,
  cipherSuites,
  curvePreferences,
}: Static<typeof tlsSettings>): TlsOptions {
  const curves = curvePreferences.flatMap((name) => curveNames[name] ?? []);
  return {
    ...tlsOptions({ minVersion: `Version${minVersion}`, cipherSuites }),
    maxVersion: opensslVersion[maxVersion],
    ...(curves.length > 0 && { ecdhCurve: curves.join(':') }),
  };
}
