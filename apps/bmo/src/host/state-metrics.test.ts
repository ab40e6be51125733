import { expect, test } from '@jest/globals';
import type { BareMetalHost } from '@metal3/metal3-api';
import { Registry } from 'prom-client';
import { hostStates } from './state-metrics.ts';

const host = (namespace: string, state?: string, errorType?: string) =>
  ({
    metadata: { namespace, name: 'host' },
    spec: { online: true },
    ...(state !== undefined && { status: { provisioning: { state }, ...(errorType !== undefined && { errorType }) } }),
  }) as BareMetalHost;

test('hosts are counted by state, and those in error by its type, with zeros for what nothing is in', async () => {
  const registry = new Registry();
  let hosts = [host('one'), host('one', 'inspecting', 'inspection error'), host('two', 'provisioned', '')];
  hostStates(registry, { list: () => hosts });
  const text = await registry.metrics();
  expect(text).toContain('metal3_bmo_hosts{host_namespace="one",state="new"} 1');
  expect(text).toContain('metal3_bmo_hosts{host_namespace="one",state="inspecting"} 1');
  expect(text).toContain('metal3_bmo_hosts{host_namespace="two",state="provisioned"} 1');
  expect(text).toContain('metal3_bmo_hosts_in_error{host_namespace="one",error_type="inspection error"} 1');
  expect(text).toContain('metal3_bmo_hosts_in_error{host_namespace="two",error_type="inspection error"} 0');
  hosts = [];
  expect(await registry.metrics()).not.toContain('host_namespace=');
});
