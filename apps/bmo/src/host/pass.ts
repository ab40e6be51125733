import type { BareMetalHost } from '@metal3/metal3-api';
import { instantOf, sameJson, timestampOf, type Seconds } from '../kernel.ts';
import { annotations } from './annotations.ts';
import { hasCapacity } from './capacity/decide.ts';
import { carryOut } from './carry-out.ts';
import { hostConditions } from './conditions.ts';
import { safetyNet, type Decision, type ErrorType, type HostMetric, type Notes } from './decision.ts';
import { errorReason, event } from './events.ts';
import { decideHost } from './lifecycle.ts';
import { backOff, fingerprintOf, type HostMemory } from './memory.ts';
import { beginFindings, observe, type Eyes, type Findings, type Observation } from './observe.ts';
import type { HostMetrics } from './ports.ts';
import { ProvisionerError } from '../provisioner/errors.ts';
import { HostConfigDataError } from './provisioning/config-drive.ts';
import { deploy } from './provisioning/perform.ts';
import { PullSecretError } from './provisioning/pull-secret.ts';
import { ensurePorts, portsFingerprint, wantedPorts } from './registration/ensure-ports.ts';
import { restoredStatus, suppliedHardware } from './restoration.ts';
import { operationOfState, type OperationName, type ProvisioningState } from './states.ts';
import { changed, emptyStatus, entered, errorCleared, failedWith, operationBegun, operationEnded } from './status.ts';
import type { HostView } from './view.ts';

/** What a pass over a host needs besides the host. */
export interface PassTools extends Eyes {
  readonly metrics: HostMetrics;
  /** In [0, 1). */
  readonly random: () => number;
  /** Seconds that count as a minute of back-off. */
  readonly backOffUnit: Seconds;
  /** The most hosts that may boot over the network at a time. */
  readonly provisioningLimit: number;
}

export type PassEnd =
  /** Nothing to do now; `recheckIn` undefined: before something changes. */
  | { readonly kind: 'rest'; readonly recheckIn: Seconds | undefined; readonly reason: string }
  | { readonly kind: 'gone' };

/** More steps than any host takes at a time: going on would mean that two decisions undo each other. */
const mostSteps = 40;

/** A Secret that is missing is not reported by a watch. */
const configDataRecheck: Seconds = 30;

/**
 * One pass over one host: observe, decide, carry out, again with what has been learned, until there is something to wait for.
 * The status is written once, at the end; only before a node is deleted it is written as well, so that a restart at that moment
 * does not enrol the host again.
 */
export class HostPass {
  readonly #tools: PassTools;
  readonly #findings: Findings;
  /** What has been asked of the node in this pass, and in which state it was: Ironic may take a moment to act on it. */
  readonly #asked = new Set<string>();
  /** The host as Kubernetes has it. */
  #saved: BareMetalHost;

  constructor(host: BareMetalHost, memory: HostMemory, tools: PassTools) {
    this.#tools = tools;
    this.#saved = host;
    const hardwareData = tools.store.findHardwareData(host);
    const status = restoredStatus(host, hardwareData?.spec.hardware) ?? host.status ?? emptyStatus();
    this.#findings = beginFindings(host, status, memory);
    this.#note({ dropAnnotations: [annotations.status] });
    this.#note(suppliedHardware(host, status, hardwareData) ?? {});
  }

  get memory(): HostMemory {
    return this.#findings.memory;
  }

  async run(): Promise<PassEnd> {
    try {
      for (let step = 0; step < mostSteps; step += 1) {
        const end = await this.#step().catch((error: unknown) => this.#refused(error));
        if (end?.kind === 'rest') await this.#save();
        if (end !== undefined) return end;
      }
    } catch (error) {
      // What was learned before is worth keeping, above all the id of a node that has just been enrolled.
      await this.#save();
      throw error;
    }
    throw new Error(`the host comes to no rest in state "${this.#findings.status.provisioning.state}"`);
  }

  /** What Ironic refuses to do at all, or because something else is in the way, is for a person to see. */
  #refused(error: unknown): PassEnd {
    if (!(error instanceof ProvisionerError) || (error.code !== 'refused' && error.code !== 'conflict')) throw error;
    const { state } = this.#findings.status.provisioning;
    return this.#fail(errorTypeOfState[state] ?? 'registration error', error.message);
  }

  async #step(): Promise<PassEnd | undefined> {
    const credentialsUnreadable = () => this.#tools.metrics.count('credentialsUnhandledError');
    const observation = await observe(this.#findings, { ...this.#tools, credentialsUnreadable });
    return observation.kind === 'seen'
      ? this.#follow(decideHost(observation.view), observation.view)
      : this.#withoutCredentials(observation);
  }

  /** Carries a decision out; undefined asks for the next one. */
  async #follow(decision: Decision, view: HostView): Promise<PassEnd | undefined> {
    const { store, provisioner, provisioningLimit } = this.#tools;
    const findings = this.#findings;
    switch (decision.kind) {
      case 'note':
        this.#note(decision.notes);
        return undefined;
      case 'advance':
        this.#advance(view.state, decision.to, decision.notes);
        return undefined;
      case 'ask': {
        const { request } = decision;
        const once = JSON.stringify([request, view.node?.provisionState, view.node?.powerState]);
        if (this.#asked.has(once))
          return { kind: 'rest', recheckIn: safetyNet, reason: `Ironic has been asked: ${request.do}` };
        this.#asked.add(once);
        if (request.do === 'delete') await this.#save();
        if (request.do === 'create') this.#tools.metrics.count('registrationRequired');
        findings.node = await carryOut(request, view.node, provisioner);
        if (request.do === 'power')
          this.#remember({ powerAsked: { node: view.node?.uuid ?? '', to: sideOf(request.target) } });
        // Another attempt has begun: what came of the one before is over, but counts until one succeeds.
        const attempt = request.do === 'verb' || request.do === 'power' || request.do === 'create';
        this.#note({ ...decision.then, ...(attempt ? { clearError: true } : {}) });
        return undefined;
      }
      case 'read-inventory':
        findings.inventory = (view.node && (await provisioner.findInventory(view.node))) ?? 'absent';
        return undefined;
      case 'publish-hardware':
        await store.keepHardware(findings.host, decision.details);
        this.#advance(view.state, decision.to, {
          status: { hardware: decision.details },
          clearError: true,
          events: [event('InspectionComplete', 'Hardware inspection completed')],
        });
        return undefined;
      case 'count-busy':
        findings.hasCapacity = hasCapacity(view, await provisioner.listActivity(), provisioningLimit);
        return undefined;
      case 'ensure-ports':
        return this.#ensurePorts(view);
      case 'deploy':
        return this.#deploy(view);
      case 'release':
        await store.releaseHardware(findings.host);
        await store.releaseCredentials(findings.host);
        await store.removeFinalizer(this.#saved);
        return { kind: 'gone' };
      case 'wait':
        this.#note(decision.notes ?? {});
        return { kind: 'rest', recheckIn: decision.recheckIn, reason: decision.reason };
      case 'fail':
        this.#note(decision.notes ?? {});
        return this.#fail(decision.type, decision.message);
    }
  }

  async #ensurePorts({ node, host, status, hardwareData }: HostView): Promise<PassEnd | undefined> {
    if (node === undefined) return undefined;
    const wanted = wantedPorts(host, status.hardware ?? hardwareData?.spec.hardware);
    const problem = await ensurePorts(node, wanted, this.#tools.provisioner);
    if (problem !== undefined) return this.#fail('registration error', problem);
    this.#remember({ ports: portsFingerprint(node, wanted) });
    return undefined;
  }

  async #deploy(view: HostView): Promise<PassEnd | undefined> {
    if (view.node === undefined) return undefined;
    try {
      const outcome = await deploy(view, view.node, this.#tools);
      if (outcome.kind === 'invalid') return this.#fail('provisioning error', outcome.message);
      this.#findings.node = outcome.node;
      this.#note({
        events: [event('ProvisioningStarted', 'Image provisioning started')],
        dropAnnotations: [annotations.reboot],
      });
      return undefined;
    } catch (error) {
      if (error instanceof PullSecretError) {
        this.#note({ events: [event(error.reason, error.message, 'Warning')] });
        return this.#fail('provisioning error', error.message);
      }
      if (!(error instanceof HostConfigDataError)) throw error;
      // Undoing the attempt would not bring the data: the host stays where it is until the Secret is mended.
      this.#tools.metrics.configDataFailed(error.hostData);
      this.#note({ events: [event('HostConfigDataError', error.message, 'Warning')] });
      return { kind: 'rest', recheckIn: configDataRecheck, reason: error.message };
    }
  }

  #withoutCredentials({ problem }: Extract<Observation, { kind: 'no-credentials' }>): PassEnd {
    const { status } = this.#findings;
    const { metrics } = this.#tools;
    metrics.count(problem.problem === 'missing' ? 'credentialsMissing' : 'credentialsInvalid');
    // Looking again for a Secret that is still missing is no news.
    if (status.errorType !== 'registration error' || status.errorMessage !== problem.message) {
      this.#findings.status = failedWith(status, 'registration error', problem.message);
      this.#publish([event('BMCCredentialError', problem.message, 'Warning')]);
      metrics.hostFailed(errorReason('registration error'));
    }
    return { kind: 'rest', recheckIn: problem.recheckIn, reason: problem.message };
  }

  #fail(type: ErrorType, message: string): PassEnd {
    const { metrics, clock, backOffUnit, random, store } = this.#tools;
    const findings = this.#findings;
    findings.status = failedWith(findings.status, type, message);
    this.#publish([event(errorReason(type), message, 'Warning')]);
    metrics.hostFailed(errorReason(type));
    if (type === 'registration error') metrics.count('noManagementAccess');
    const recheckIn = backOff(findings.status.errorCount, backOffUnit, random());
    const fingerprint = fingerprintOf(findings.host, store.credentialsVersion(findings.host));
    this.#remember({ pause: { until: clock.now() / 1000 + recheckIn, fingerprint } });
    return { kind: 'rest', recheckIn, reason: message };
  }

  #advance(from: ProvisioningState, to: ProvisioningState, notes: Notes = {}): void {
    const { clock, metrics } = this.#tools;
    this.#note(notes);
    const before = this.#findings.status;
    const now = clock.now() / 1000;
    const after = entered(this.#findings.host, before, from, to, now);
    this.#findings.status = after;
    metrics.stateChanged(from, to);
    this.#measure(operationOfState[from], before, after);
  }

  #note({ status, events = [], dropAnnotations = [], clearError, metrics = [] }: Notes): void {
    const findings = this.#findings;
    const now = this.#tools.clock.now() / 1000;
    if (clearError === true && findings.status.errorType !== undefined) findings.status = errorCleared(findings.status);
    if (clearError === true && findings.status.operationalStatus === 'delayed')
      findings.status = errorCleared(findings.status);
    if (status !== undefined) findings.status = changed(findings.status, status);
    findings.host = withoutAnnotations(findings.host, dropAnnotations);
    for (const metric of metrics) this.#count(metric);
    this.#publish(events);

    // Registration is measured again whenever the BMC has to be reached with new credentials.
    const registering = findings.status.provisioning.state === 'registering';
    if (!registering && status?.triedCredentials !== undefined) {
      findings.status = operationBegun(findings.status, 'register', now);
    }
    if (!registering && status?.goodCredentials !== undefined) {
      const before = findings.status;
      findings.status = operationEnded(before, 'register', now);
      this.#measure('register', before, findings.status);
    }
  }

  #measure(
    operation: OperationName | undefined,
    before: BareMetalHost['status'],
    after: BareMetalHost['status'],
  ): void {
    if (operation === undefined || before?.operationHistory?.[operation]?.end) return;
    const { start, end } = after?.operationHistory?.[operation] ?? {};
    const [begun, ended] = [instantOf(start), instantOf(end)];
    if (begun !== undefined && ended !== undefined) {
      this.#tools.metrics.operationEnded(this.#findings.host, operation, ended - begun);
    }
  }

  #count(metric: HostMetric): void {
    const { metrics } = this.#tools;
    if (metric.counter === 'powerChange') metrics.powerChanged(this.#findings.host, metric.to);
    else if (metric.counter === 'delayed') metrics.delayed(this.#findings.host, metric.operation);
    else metrics.count(metric.counter);
  }

  #publish(events: NonNullable<Notes['events']>): void {
    for (const each of events) this.#tools.store.publish(this.#findings.host, each);
  }

  #remember(news: Partial<HostMemory>): void {
    this.#findings.memory = { ...this.#findings.memory, ...news };
  }

  /**
   * Writes what differs. Annotations go after the status, since those that stand for work to do must not go before its result
   * is kept; the architecture goes first, because conditions name the generation of the spec they were written for.
   */
  async #save(): Promise<void> {
    const { store, clock } = this.#tools;
    const findings = this.#findings;
    const architecture = findings.status.hardware?.cpu?.arch;
    if (!findings.host.spec.architecture && architecture && findings.host.metadata.deletionTimestamp === undefined) {
      findings.host = { ...findings.host, spec: { ...findings.host.spec, architecture } };
      await this.#saveHost();
    }
    const status = this.#finishedStatus();
    if (!sameJson(this.#saved.status, status)) {
      const lastUpdated = timestampOf(clock.now() / 1000);
      this.#saved = await store.saveStatus(this.#saved, { ...status, lastUpdated });
      findings.status = this.#saved.status ?? status;
    }
    await this.#saveHost();
  }

  async #saveHost(): Promise<void> {
    this.#saved = await this.#tools.store.saveHost(this.#saved, this.#findings.host);
    this.#findings.host = { ...this.#findings.host, metadata: this.#saved.metadata };
  }

  /** The status with what follows from everything else in it. */
  #finishedStatus(): NonNullable<BareMetalHost['status']> {
    const { host, node, status } = this.#findings;
    const observed =
      node?.powerState === 'power on' ? true : node?.powerState === 'power off' ? false : status.poweredOn;
    const before = this.#saved.status;
    // While Ironic works on a machine its power changes several times; that alone is not worth a write.
    const telling = statesWherePowerMatters.has(status.provisioning.state) || !sameJson(before, status);
    const withPower = telling ? changed(status, { poweredOn: observed }) : status;
    const now = this.#tools.clock.now() / 1000;
    return { ...withPower, conditions: hostConditions(host, withPower, node, now) };
  }
}

const errorTypeOfState: Readonly<Record<string, ErrorType>> = {
  inspecting: 'inspection error',
  preparing: 'preparation error',
  provisioning: 'provisioning error',
  deprovisioning: 'provisioning error',
  available: 'power management error',
  provisioned: 'power management error',
  'externally provisioned': 'provisioned registration error',
  'powering off before delete': 'power management error',
};

const statesWherePowerMatters: ReadonlySet<string> = new Set([
  'available',
  'ready',
  'provisioned',
  'externally provisioned',
]);

function sideOf(target: string): 'on' | 'off' {
  return target === 'power on' ? 'on' : 'off';
}

function withoutAnnotations(host: BareMetalHost, names: readonly string[]): BareMetalHost {
  const present = host.metadata.annotations ?? {};
  if (!names.some((name) => Object.hasOwn(present, name))) return host;
  const kept = Object.fromEntries(Object.entries(present).filter(([name]) => !names.includes(name)));
  return { ...host, metadata: { ...host.metadata, annotations: kept } };
}
