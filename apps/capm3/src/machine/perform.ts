import { findCondition } from '@metal3/kube-controller';
import type { BareMetalHost, Metal3Machine } from '@metal3/metal3-api';
import { clusterNameLabel, clusterReference, type Machine } from '../cluster-api/kinds.ts';
import { machineAddresses } from './addresses.ts';
import { changesHost, handOver, resolveSecrets, takeHost } from './association/host-spec.ts';
import { machineCondition, type ConditionVerdict } from './conditions/conditions.ts';
import { decideDataClaim } from './data-claim/decide.ts';
import { decideGate } from './gates/decide.ts';
import { chooseHost, nodeReuseLabel } from './host-choice/decide.ts';
import { hostAnnotation, type MachineObservation } from './observe.ts';
import { decideHostPause } from './pause/decide.ts';
import type { MachinePass, MachinePorts } from './ports.ts';
import { decideProviderId } from './provider-id/decide.ts';
import { providerId } from './provider-id/provider-id.ts';
import { decideRelease } from './release/decide.ts';
import { association, metadata, notPaused, paused, rendered } from './report.ts';

/** What a pass found; `again` asks for another one although nothing may change, `gone` takes the finalizer off. */
export interface PassOutcome {
  readonly verdicts: readonly ConditionVerdict[];
  readonly againMs?: number;
  readonly gone?: boolean;
}

/** A lost event costs at most this: everything waited for is watched, so it is a net and not a poll. */
const patienceMs = 30_000;

/** One pass over one machine: as far as it can go now. Changes the draft; the caller writes what has not been committed. */
export async function performMachine(
  observed: MachineObservation,
  pass: MachinePass,
  ports: MachinePorts,
): Promise<PassOutcome> {
  const gate = decideGate(observed);
  const clusterPaused = observed.cluster?.spec.paused === true;
  if (observed.host !== undefined && (clusterPaused || gate.kind === 'open')) {
    const patch = decideHostPause(observed.host, clusterPaused);
    if (patch !== undefined) await ports.hosts.change(observed.host, patch);
  }
  switch (gate.kind) {
    case 'paused':
      return { verdicts: [paused(clusterPaused ? 'the Cluster is paused' : 'the machine is paused')] };
    case 'release':
      return release(observed, ports);
    case 'closed':
      return { verdicts: [notPaused, association('False', gate.reason, gate.message)] };
    case 'open':
      return observed.machine === undefined ? { verdicts: [] } : associate(observed, observed.machine, pass, ports);
  }
}

async function associate(
  observed: MachineObservation,
  machine: Machine,
  { draft, commit }: MachinePass,
  ports: MachinePorts,
): Promise<PassOutcome> {
  const { reserved, hosts } = observed;
  // Where the machine is to stand is its owner's to say; one that says nothing leaves it to the template.
  if (machine.spec.failureDomain) draft.spec.failureDomain = machine.spec.failureDomain;
  const metal3Machine: Metal3Machine = { ...observed.metal3Machine, spec: draft.spec };
  const data = decideDataClaim(observed);
  if (data.kind === 'invalid') {
    return { verdicts: [notPaused, metadata('False', 'AssociateMetal3MachineMetaDataFailed', data.message)] };
  }
  const isReusing = hosts.some((host) => host.metadata.labels?.[nodeReuseLabel] !== undefined);
  const reuseKey = isReusing ? await ports.reuse.keyOf(machine) : undefined;
  const choice = chooseHost({ metal3Machine, reserved, hosts, reuseKey, lot: ports.lot() });
  if (choice.kind !== 'chosen') {
    delete draft.metadata.annotations?.[hostAnnotation];
    return {
      verdicts: [notPaused, association('False', 'AssociateBareMetalHostFailed', choice.reason)],
      againMs: patienceMs,
    };
  }
  const dataReady = data.kind === 'none' || data.kind === 'ready';
  const made = handOver(choice.host, metal3Machine, machine, data.kind === 'ready' ? data.secrets : undefined);
  if (made.kind === 'invalid') {
    return { verdicts: [notPaused, association('False', 'AssociateBareMetalHostFailed', made.reason)] };
  }
  const patch = dataReady ? made.patch : takeHost(metal3Machine, machine);
  let { host } = choice;
  draft.metadata.annotations = {
    ...draft.metadata.annotations,
    [hostAnnotation]: `${host.metadata.namespace}/${host.metadata.name}`,
  };
  // Once a host is ours only what a crash may have left out is written: a person may power it off meanwhile.
  const incomplete = host.spec.image === undefined && host.spec.customDeploy === undefined;
  if (!choice.already || (incomplete && changesHost(host, patch))) {
    await commit();
    host = await ports.hosts.change(host, patch);
    await ports.hosts.labelCredentials(host, clusterNameLabel, machine.spec.clusterName);
  }

  const status = (draft.status ??= {});
  const addresses = machineAddresses(host);
  if (addresses.length > 0) status.addresses = addresses;
  const secrets = resolveSecrets(metal3Machine, machine, data.kind === 'ready' ? data.secrets : undefined);
  for (const [field, secret] of Object.entries(secrets)) {
    if (secret !== undefined) status[field as 'userData' | 'metaData' | 'networkData'] = secret;
  }
  if (data.kind === 'ready') status.renderedData = data.renderedData;
  if (data.kind === 'create') await ports.data.claim(metal3Machine, data.template);
  const associated = [
    notPaused,
    association('True', associatedBecause(metal3Machine, choice.host)),
    metadata('True', 'AssociateMetal3MachineMetaDataSuccess'),
  ];
  if (data.kind === 'create' || data.kind === 'wait') {
    const waiting = rendered('False', 'WaitingForMetal3Data', data.reason);
    return { verdicts: [...associated, waiting], againMs: patienceMs };
  }
  const source = data.kind === 'ready' ? 'Metal3DataSecretsReady' : 'SecretsSetExternally';
  const verdicts = [...associated, rendered('True', source)];

  const clusterKey = { namespace: metal3Machine.metadata.namespace, name: machine.spec.clusterName };
  const expected = providerId({
    namespace: host.metadata.namespace ?? '',
    host: host.metadata.name ?? '',
    machine: metal3Machine.metadata.name ?? '',
  });
  const asksNodes = machine.spec.bootstrap.configRef !== undefined && host.status?.provisioning.state === 'provisioned';
  const decision = decideProviderId({
    metal3Machine,
    machine,
    host,
    cloudProviderEnabled: observed.metal3Cluster?.spec.cloudProviderEnabled === true,
    nodes: asksNodes ? await ports.nodes.find(clusterKey, host, expected) : undefined,
  });
  switch (decision.kind) {
    case 'wait':
      return asksNodes ? { verdicts, againMs: patienceMs } : { verdicts };
    case 'conflict':
      return {
        verdicts: [...verdicts, association('False', 'AssociateBareMetalHostFailed', decision.reason)],
        againMs: patienceMs,
      };
    case 'provisioned':
      if (decision.labelNode !== undefined)
        await ports.nodes.setProviderId(clusterKey, decision.labelNode, decision.providerId);
      draft.spec.providerID = decision.providerId;
      status.initialization = { provisioned: true };
      return { verdicts };
  }
}

/** A machine that came by its host through reuse goes on saying so. */
function associatedBecause({ status }: Metal3Machine, host: BareMetalHost): string {
  const viaReuse = 'AssociateBareMetalHostViaNodeReuseSuccess';
  const said = findCondition(status?.conditions, machineCondition.associateHost)?.reason;
  const isReused = host.metadata.labels?.[nodeReuseLabel] !== undefined || said === viaReuse;
  return isReused ? viaReuse : 'AssociateBareMetalHostSuccess';
}

async function release(observed: MachineObservation, ports: MachinePorts): Promise<PassOutcome> {
  const { metal3Machine, host, claim } = observed;
  const { fastTrack } = ports;
  let decision = decideRelease({ metal3Machine, host, fastTrack });
  if (decision.kind === 'let-go') {
    decision = decideRelease({ metal3Machine, host, fastTrack, reuse: await reuseOf(observed, ports) });
  }
  // The addresses of a machine are its own until the host is clean: before, it might still answer at them.
  const over = host === undefined || decision.kind === 'done' || decision.kind === 'let-go';
  if (over && claim !== undefined) await ports.data.giveUp(claim);
  if (host === undefined || decision.kind === 'done') return { verdicts: [], gone: true };
  const deleting = (message: string) => metadata('False', 'Deleting', message);
  switch (decision.kind) {
    case 'deprovision':
      await ports.hosts.change(host, decision.patch);
      return { verdicts: [deleting(`host ${host.metadata.name} is to be deprovisioned`)], againMs: patienceMs };
    case 'wait':
      return { verdicts: [deleting(decision.reason)], againMs: patienceMs };
    case 'let-go':
      await ports.hosts.labelCredentials(host, clusterNameLabel, null);
      await ports.hosts.change(host, decision.patch);
      return { verdicts: [], gone: true };
  }
}

/** For whom a host that could go is kept: the owner of its machine, as long as the cluster lives and the template wants it. */
async function reuseOf({ metal3Machine, machine, cluster }: MachineObservation, { reuse }: MachinePorts) {
  if (machine === undefined || cluster === undefined || cluster.metadata.deletionTimestamp !== undefined)
    return undefined;
  if (!(await reuse.isWanted(metal3Machine, machine))) return undefined;
  const key = await reuse.keyOf(machine);
  return key === undefined ? undefined : { key, cluster: clusterReference(cluster) };
}
