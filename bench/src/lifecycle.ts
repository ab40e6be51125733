import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  countEvents,
  listMachines,
  provisioning,
  release,
  serviceNames,
  startStack,
  travel,
  watchHosts,
  type LegTime,
  type Stack,
} from '@metal3/stack';
import { countWrites, type WriteCounts } from './kubernetes-writes.ts';
import { usageOf, type Usage } from './process-usage.ts';

/** What one life cycle of many hosts costs, measured from outside. */
export interface LifecycleFigures {
  readonly hosts: number;
  readonly hostsPerMinute: { readonly available: number; readonly provisioned: number; readonly lifecycle: number };
  /** Our services, their sum as `total`, and, apart from it, apiServer, etcd, controllerManager and fleet. */
  readonly cpuMsPerHost: Readonly<Record<string, number>>;
  readonly pssMiB: Readonly<Record<string, { readonly idle: number; readonly peak: number }>>;
  readonly kubernetesWritesPerHost: number;
  readonly kubernetesWritesRefused: number;
  readonly kubernetesWrites: Readonly<Record<string, number>>;
  readonly redfishRequestsPerHost: number;
  readonly ironicCallsPerHost: number;
  readonly imageWrites: number;
  readonly secondsPerLeg: Readonly<Record<string, number>>;
}

const namespace = 'metal3';

/** Runs provision, deprovision and delete of all hosts with zero simulated delays. */
export async function measureLifecycle(
  root: string,
  hosts: number,
  say: (line: string) => void,
): Promise<LifecycleFigures> {
  const dir = mkdtempSync(join(tmpdir(), 'metal3-bench-'));
  const auditFile = join(dir, 'audit.log');
  const stack = await startStack({ root, dir, hosts, namespace, timeScale: 0, auditFile, say });
  try {
    return await withStack(stack, hosts, auditFile, root, say);
  } finally {
    await stack.stop();
    rmSync(dir, { recursive: true, force: true });
  }
}

async function withStack(
  stack: Stack,
  hosts: number,
  auditFile: string,
  root: string,
  say: (line: string) => void,
): Promise<LifecycleFigures> {
  const { kubernetes: client, fleetUrl } = stack;
  if (client === undefined || fleetUrl === undefined) throw new Error('the stack runs without Kubernetes or machines');
  await delay(2_000);
  const before = sample(stack);
  const peak = new Map(Object.entries(before).map(([name, { pssMiB }]) => [name, pssMiB]));
  const sampling = new AbortController();
  const watching = watchPeaks(stack, peak, sampling.signal);

  const board = watchHosts(client, namespace, stack.restUrl, {});
  const machines = await listMachines(fleetUrl);
  const signal = AbortSignal.timeout(20 * 60_000);
  const timeoutMs = 10 * 60_000;
  const traveller = { root, client, namespace, fleetUrl, machines, board, timeoutMs, signal, say };
  const legs = [...(await travel(provisioning, traveller)), ...(await travel(release, traveller))];
  await board.close();
  sampling.abort();
  await watching;

  const after = sample(stack);
  const writes = await countWrites(auditFile, serviceNames);
  const { events, redfishRequests } = await ledger(fleetUrl);
  return {
    hosts,
    hostsPerMinute: rates(hosts, legs),
    cpuMsPerHost: cpuPerHost(before, after, hosts),
    pssMiB: Object.fromEntries(
      Object.entries(before).map(([name, { pssMiB }]) => [
        name,
        { idle: round(pssMiB), peak: round(peak.get(name) ?? 0) },
      ]),
    ),
    ...writeFigures(writes, hosts),
    redfishRequestsPerHost: round(redfishRequests / hosts),
    ironicCallsPerHost: round((await grpcCalls(stack)) / hosts),
    imageWrites: events['image-write-finished'] ?? 0,
    secondsPerLeg: Object.fromEntries(legs.map(({ name, seconds }) => [name, round(seconds)])),
  };
}

function writeFigures({ accepted, refused, byCall }: WriteCounts, hosts: number) {
  return {
    kubernetesWritesPerHost: round((accepted + refused) / hosts),
    kubernetesWritesRefused: refused,
    kubernetesWrites: byCall,
  };
}

function sample(stack: Stack): Record<string, Usage> {
  return Object.fromEntries(
    Object.entries(stack.pids())
      .filter(([, pid]) => pid > 0)
      .map(([name, pid]) => [name, usageOf(pid)]),
  );
}

async function watchPeaks(stack: Stack, peak: Map<string, number>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    for (const [name, { pssMiB }] of Object.entries(sample(stack)))
      peak.set(name, Math.max(peak.get(name) ?? 0, pssMiB));
    await delay(1_000, undefined, { signal }).catch(() => undefined);
  }
}

function rates(hosts: number, legs: readonly LegTime[]) {
  const [available, provisioned] = legs;
  const total = legs.reduce((sum, { seconds }) => sum + seconds, 0);
  const perMinute = (seconds: number | undefined): number => round((hosts * 60) / (seconds ?? Infinity));
  return {
    available: perMinute(available?.seconds),
    provisioned: perMinute(provisioned?.seconds),
    lifecycle: perMinute(total),
  };
}

function cpuPerHost(
  before: Record<string, Usage>,
  after: Record<string, Usage>,
  hosts: number,
): Record<string, number> {
  const each = Object.entries(after).map(
    ([name, { cpuMs }]) => [name, (cpuMs - (before[name]?.cpuMs ?? 0)) / hosts] as const,
  );
  const ours = each.filter(([name]) => (serviceNames as readonly string[]).includes(name));
  const total = ours.reduce((sum, [, cpuMs]) => sum + cpuMs, 0);
  return Object.fromEntries([...each, ['total', total] as const].map(([name, cpuMs]) => [name, round(cpuMs)]));
}

async function ledger(
  fleetUrl: string,
): Promise<{ events: Readonly<Record<string, number>>; redfishRequests: number }> {
  const events = await countEvents(fleetUrl);
  const counters = (await (await fetch(`${fleetUrl}/fleet/counters`)).json()) as {
    readonly redfish: { readonly attributed: number };
  };
  return { events, redfishRequests: counters.redfish.attributed };
}

/** Calls that bmo made to ironic-api, from ironic-api's own metrics. */
async function grpcCalls(stack: Stack): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${stack.ports.health['ironic-api']}/metrics`)).text();
  return [...text.matchAll(/^grpc_server_handling_seconds_count\{[^}]*NodeService[^}]*\} (\d+)/gm)].reduce(
    (sum, [, count]) => sum + Number(count),
    0,
  );
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
