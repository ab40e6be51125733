import type { BareMetalHost, BareMetalHostStatus } from '@metal3/metal3-api';
import type { Clock } from '@metal3/service';
import { instantOf, sameJson, timestampOf } from '../kernel.ts';
import { annotations } from './annotations.ts';
import { hostConditions } from './conditions.ts';
import type { ErrorType, HostMetric, Notes } from './decision.ts';
import { errorReason, event, type HostEvent } from './events.ts';
import type { Findings } from './observe.ts';
import type { HostMetrics, HostStore } from './ports.ts';
import { suppliedHardware } from './restoration.ts';
import { operationOfState, type OperationName, type ProvisioningState } from './states.ts';
import { changed, entered, errorCleared, failedWith, operationBegun, operationEnded, wholeStatus } from './status.ts';
import { hostName } from './view.ts';

export interface RecordTools {
  readonly store: HostStore;
  readonly metrics: HostMetrics;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: HostLog;
}

/** What somebody who looks for a host in the logs should find at once: where it went, and what went wrong. */
export interface HostLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

/** What a pass has to say of its host: kept in memory while the pass goes on, written once at the end. */
export class HostRecord {
  readonly #findings: Findings;
  readonly #tools: RecordTools;
  readonly #dropped = new Set<string>();
  /** The host as Kubernetes has it. */
  #saved: BareMetalHost;

  /** @param findings begun with the host as it was read; its status and annotations change as things are noted */
  constructor(findings: Findings, tools: RecordTools) {
    this.#findings = findings;
    this.#tools = tools;
    this.#saved = findings.host;
    this.note({ dropAnnotations: [annotations.status] });
    this.note(suppliedHardware(findings.host, findings.status, tools.store.findHardwareData(findings.host)) ?? {});
  }

  /** The host as Kubernetes has it. */
  get saved(): BareMetalHost {
    return this.#saved;
  }

  note({ status, events = [], dropAnnotations = [], clearError, metrics = [] }: Notes): void {
    const findings = this.#findings;
    if (clearError === true && hasError(findings.status)) findings.status = errorCleared(findings.status);
    if (status !== undefined) findings.status = changed(findings.status, status);
    findings.host = withoutAnnotations(findings.host, dropAnnotations);
    for (const name of dropAnnotations) this.#dropped.add(name);
    for (const metric of metrics) this.#count(metric);
    for (const each of events) this.#publish(each);
    this.#timeRegistration(status ?? {});
  }

  /** The host has entered another state. */
  advance(from: ProvisioningState, to: ProvisioningState, notes: Notes = {}): void {
    this.note(notes);
    const before = this.#findings.status;
    this.#findings.status = entered(this.#findings.host, before, from, to, this.#now());
    this.#tools.metrics.stateChanged(from, to);
    this.#tools.log.info({ host: this.#name, from, to }, 'host goes on');
    this.#measure(operationOfState[from], before);
  }

  /** @returns how many failures in a row this makes */
  fail(type: ErrorType, message: string): number {
    const { metrics } = this.#tools;
    this.#findings.status = failedWith(this.#findings.status, type, message);
    this.#publish(event(errorReason(type), message, 'Warning'));
    metrics.hostFailed(errorReason(type));
    if (type === 'registration error') metrics.count('noManagementAccess');
    const { errorCount } = this.#findings.status;
    this.#tools.log.warn({ host: this.#name, errorType: type, errorCount, reason: message }, 'host failed');
    return errorCount;
  }

  /** Looking again for credentials that are still not usable is no news. */
  failForCredentials(message: string): void {
    const { status } = this.#findings;
    if (status.errorType === 'registration error' && status.errorMessage === message) return;
    this.#findings.status = failedWith(status, 'registration error', message);
    this.#publish(event('BMCCredentialError', message, 'Warning'));
    this.#tools.metrics.hostFailed(errorReason('registration error'));
    this.#tools.log.warn({ host: this.#name, errorType: 'registration error', reason: message }, 'host failed');
  }

  /**
   * Writes what differs. Annotations go after the status, since those that stand for work to do must not go before its result
   * is kept; the architecture goes first, because conditions name the generation of the spec they were written for.
   */
  async save(): Promise<void> {
    const { status: present, host } = this.#findings;
    const architecture = host.spec.architecture || present.hardware?.cpu?.arch;
    const deleting = host.metadata.deletionTimestamp !== undefined;
    if (!deleting) await this.#saveHost([], architecture);
    const status = this.#finishedStatus();
    if (!sameJson(this.#saved.status, status)) {
      const lastUpdated = timestampOf(this.#now());
      this.#saved = await this.#tools.store.saveStatus(this.#saved, { ...status, lastUpdated });
      this.#findings.status = this.#saved.status ?? status;
    }
    await this.#saveHost([...this.#dropped], undefined);
    this.#dropped.clear();
  }

  async #saveHost(dropAnnotations: readonly string[], architecture: string | undefined): Promise<void> {
    const findings = this.#findings;
    this.#saved = await this.#tools.store.saveHost(this.#saved, { dropAnnotations, architecture });
    const { metadata, spec } = this.#saved;
    const host = { ...findings.host, metadata, spec: { ...findings.host.spec, ...pickArchitecture(spec) } };
    findings.host = withoutAnnotations(host, [...this.#dropped]);
  }

  /** The status with what follows from everything else in it. */
  #finishedStatus(): BareMetalHostStatus {
    const { host, node, status } = this.#findings;
    // While Ironic works on a machine its power changes several times; that alone is not worth a write.
    const telling = statesWherePowerMatters.has(status.provisioning.state) || !sameJson(this.#saved.status, status);
    const known = node?.powerState === 'power on' || node?.powerState === 'power off';
    const current = telling && known ? changed(status, { poweredOn: node.powerState === 'power on' }) : status;
    return wholeStatus({ ...current, conditions: hostConditions(host, current, node, this.#now()) });
  }

  /** Registration is measured again whenever the BMC has to be reached with new credentials. */
  #timeRegistration({ triedCredentials, goodCredentials }: NonNullable<Notes['status']>): void {
    const findings = this.#findings;
    if (findings.status.provisioning.state === 'registering') return;
    if (triedCredentials !== undefined) findings.status = operationBegun(findings.status, 'register', this.#now());
    if (goodCredentials === undefined) return;
    const before = findings.status;
    findings.status = operationEnded(before, 'register', this.#now());
    this.#measure('register', before);
  }

  #measure(operation: OperationName | undefined, before: BareMetalHostStatus): void {
    if (operation === undefined || before.operationHistory?.[operation]?.end) return;
    const { start, end } = this.#findings.status.operationHistory?.[operation] ?? {};
    const [begun, ended] = [instantOf(start), instantOf(end)];
    if (begun === undefined || ended === undefined) return;
    this.#tools.metrics.operationEnded(this.#findings.host, operation, ended - begun);
  }

  #count(metric: HostMetric): void {
    const { metrics } = this.#tools;
    if (metric.counter === 'powerChange') metrics.powerChanged(this.#findings.host, metric.to);
    else if (metric.counter === 'delayed') metrics.delayed(this.#findings.host, metric.operation);
    else metrics.count(metric.counter);
  }

  #publish(each: HostEvent): void {
    this.#tools.store.publish(this.#findings.host, each);
  }

  get #name(): string {
    return hostName(this.#findings.host);
  }

  #now(): number {
    return this.#tools.clock.now() / 1000;
  }
}

const statesWherePowerMatters: ReadonlySet<string> = new Set([
  'available',
  'ready',
  'provisioned',
  'externally provisioned',
]);

function hasError({ errorType, operationalStatus }: BareMetalHostStatus): boolean {
  return errorType !== undefined || operationalStatus === 'delayed';
}

function pickArchitecture({ architecture }: BareMetalHost['spec']): { architecture?: string } {
  return architecture === undefined ? {} : { architecture };
}

function withoutAnnotations(host: BareMetalHost, names: readonly string[]): BareMetalHost {
  const present = host.metadata.annotations ?? {};
  if (!names.some((name) => Object.hasOwn(present, name))) return host;
  const kept = Object.fromEntries(Object.entries(present).filter(([name]) => !names.includes(name)));
  return { ...host, metadata: { ...host.metadata, annotations: kept } };
}
