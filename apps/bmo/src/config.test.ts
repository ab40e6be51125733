import { expect, test } from '@jest/globals';
import { readConfig } from '@metal3/service';
import { bmoConfig, type BmoConfig } from './config.ts';
import { withUpstreamLogging } from './logging.ts';
import { servedTls } from './tls.ts';

function configOf(flags: readonly string[], env: Readonly<Record<string, string>> = {}): BmoConfig {
  const request = readConfig(bmoConfig, { env, argv: ['node', 'bmo', ...flags] });
  if (request.kind !== 'run') throw new Error(request.text);
  return request.config;
}

test("takes every flag of upstream's program", () => {
  const config = configOf([
    ...['--namespace=a,b', '--metrics-addr=:8443', '--enable-leader-election', '--lease-duration-seconds=30'],
    ...['--renew-deadline-seconds=20', '--retry-period-seconds=4', '--build-preprov-image', '--hostclaims', '--dev'],
    ...['--provisioner=ironic', '--health-addr=:9440', '--webhook-port=9443', '--kube-api-qps=20'],
    ...['--kube-api-burst=31', '--tls-min-version=TLS13', '--tls-max-version=TLS13', '--controller-concurrency=3'],
    ...['--tls-cipher-suites=TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256', '--tls-curve-preferences=X25519,CurveP256'],
    ...['--max-provisioning-retries=0', '--zap-log-level=5', '--zap-devel=true', '--zap-encoder=json'],
    ...['--zap-stacktrace-level=error', '--zap-time-encoding=rfc3339'],
  ]);
  expect(withUpstreamLogging(config)).toMatchObject({
    service: { healthListen: ':9440', logLevel: 'trace' },
    kubernetes: { namespace: 'a,b', apiQps: 20, apiBurst: 31 },
    metricsAddress: ':8443',
    leaderElection: { enabled: true, leaseDurationSeconds: 30, renewDeadlineSeconds: 20, retryPeriodSeconds: 4 },
    hosts: { buildPreprovisioningImages: true, maxProvisioningRetries: 0 },
    hostClaims: { enabled: true },
    webhooks: { port: 9443 },
    controllerConcurrency: 3,
  });
  expect(servedTls(config.tls)).toMatchObject({
    minVersion: 'TLSv1.3',
    maxVersion: 'TLSv1.3',
    ecdhCurve: 'X25519:prime256v1',
    ciphers: expect.stringContaining('ECDHE-RSA-AES128-GCM-SHA256'),
  });
});

test("takes every environment variable of upstream's program", () => {
  const config = configOf([], {
    WATCH_NAMESPACE: 'metal',
    POD_NAMESPACE: 'home',
    PROVISIONER_PLUGIN_DIR: '/plugins',
    LEASE_DURATION_SECONDS: '30',
    RENEW_DEADLINE_SECONDS: '20',
    RETRY_PERIOD_SECONDS: '4',
    BMO_CONCURRENCY: '4',
    IRONIC_ENDPOINT: 'https://ironic/v1/',
    METAL3_AUTH_ROOT_DIR: '/auth',
    IRONIC_CACERT_FILE: '/ca',
    IRONIC_CLIENT_CERT_FILE: '/cert',
    IRONIC_CLIENT_PRIVATE_KEY_FILE: '/key',
    IRONIC_INSECURE: 'True',
    IRONIC_SKIP_CLIENT_SAN_VERIFY: 'true',
    IRONIC_CLIENT_CACHE_TTL: '0s',
    IRONIC_CLIENT_TIMEOUT: '10s',
    DEPLOY_KERNEL_URL: 'http://files/kernel',
    DEPLOY_RAMDISK_URL: 'http://files/ramdisk',
    DEPLOY_ISO_URL: 'http://files/iso',
    PROVISIONING_LIMIT: '5',
    LIVE_ISO_FORCE_PERSISTENT_BOOT_DEVICE: 'Never',
    DIRECT_DEPLOY_FORCE_PERSISTENT_BOOT_DEVICE: 'Always',
    IRONIC_EXTERNAL_URL_V6: 'https://[2001:db8::1]',
    PROVISIONING_NETWORK_DISABLED: 'true',
    IRONIC_NETWORKING_ENABLED: 'true',
    IRONIC_SWITCH_CONFIGS_SECRET: 'configs',
    IRONIC_SWITCH_CREDENTIALS_SECRET: 'keys',
    IRONIC_SWITCH_CREDENTIALS_PATH: '/etc/ironic/keys',
  });
  expect(config).toMatchObject({
    kubernetes: { namespace: 'metal' },
    leaderElection: { namespace: 'home', leaseDurationSeconds: 30 },
    controllerConcurrency: 4,
    ironic: { insecure: true, skipNameCheck: true, timeout: 10_000, authRoot: '/auth', caFile: '/ca' },
    hosts: { provisioningLimit: 5, provisioningNetworkDisabled: true },
    networking: {
      enabled: true,
      configsSecret: 'configs',
      credentialsSecret: 'keys',
      credentialsPath: '/etc/ironic/keys',
    },
  });
});

test.each([
  [['--dev'], 'debug'],
  [['--zap-log-level=error', '--dev'], 'error'],
  [['--zap-log-level=panic'], 'fatal'],
  [['--zap-log-level=0'], 'info'],
  [['--zap-log-level=4'], 'debug'],
  [['--log-level=warn'], 'warn'],
])('%j logs from %s on', (flags, level) => {
  expect(withUpstreamLogging(configOf(flags)).service.logLevel).toBe(level);
});

test('a provisioner that would be a plugin is refused', () => {
  expect(() => configOf(['--provisioner=demo'])).toThrow(/"demo" is not one of ironic/);
});
