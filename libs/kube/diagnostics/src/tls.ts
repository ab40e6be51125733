/** Cipher suites of TLS 1.2 that upstream's flag takes and that are safe: the standards' names, and OpenSSL's. */
export const cipherNames: Readonly<Record<string, string>> = {
  TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: 'ECDHE-ECDSA-AES128-GCM-SHA256',
  TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384: 'ECDHE-ECDSA-AES256-GCM-SHA384',
  TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256: 'ECDHE-ECDSA-CHACHA20-POLY1305',
  TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256: 'ECDHE-RSA-AES128-GCM-SHA256',
  TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384: 'ECDHE-RSA-AES256-GCM-SHA384',
  TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256: 'ECDHE-RSA-CHACHA20-POLY1305',
};

/** Those of TLS 1.3 are not for choice: they are all safe, and stay. */
const ofTls13 = ['TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256', 'TLS_AES_128_GCM_SHA256'];

/** What a TLS server of Node is given. */
export interface TlsOptions {
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3';
  readonly maxVersion?: 'TLSv1.2' | 'TLSv1.3';
  readonly ciphers?: string;
  /** Groups for key exchange, by OpenSSL's names, separated by colons. */
  readonly ecdhCurve?: string;
}

/** Groups for key exchange by the names that Go has for them, and OpenSSL's. */
export const curveNames: Readonly<Record<string, string>> = {
  X25519MLKEM768: 'X25519MLKEM768',
  X25519: 'X25519',
  CurveP256: 'prime256v1',
  CurveP384: 'secp384r1',
  CurveP521: 'secp521r1',
};

export function tlsOptions(settings: {
  readonly minVersion: 'VersionTLS12' | 'VersionTLS13';
  readonly cipherSuites: readonly string[];
}): TlsOptions {
  const chosen = settings.cipherSuites.flatMap((name) => cipherNames[name] ?? []);
  return {
    minVersion: settings.minVersion === 'VersionTLS13' ? 'TLSv1.3' : 'TLSv1.2',
    ...(chosen.length > 0 && { ciphers: [...ofTls13, ...chosen].join(':') }),
  };
}
