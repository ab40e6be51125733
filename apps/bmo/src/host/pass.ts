import type { BareMetalHost } from '@metal3/metal3-api';
import { timestampOf, type Seconds } from '../kernel.ts';
import { ProvisionerError } from '../provisioner/errors.ts';
import { annotations } from './annotations.ts';
import { hasCapacity } from './capacity/decide.ts';
import { carryOut } from './carry-out.ts';
import { safetyNet, type Decision, type ErrorType, type Notes } from './decision.ts';
import { observeMedia } from './data-image/observe.ts';
import { event } from './events.ts';
import { decideHost } from './lifecycle.ts';
import { backOff, fingerprintOf, type HostMemory } from './memory.ts';
import { beginFindings, observe, type Eyes, type Findings, type Observation } from './observe.ts';
import type { HostMetrics } from './ports.ts';
import { heldRequests } from './power/decide.ts';
import { HostConfigDataError } from './provisioning/config-drive.ts';
import { deploy } from './provisioning/perform.ts';
import { PullSecretError } from './provisioning/pull-secret.ts';
import { HostRecord, type HostLog } from './record.ts';
import { ensurePorts, portsFingerprint, wantedPorts } from './registration/ensure-ports.ts';
import { withRemedy } from './registration/remedy.ts';
import { restoredStatus } from './restoration.ts';
import { emptyStatus } from './status.ts';
import { hostName, type HostView } from './view.ts';

/** What a pass over a host needs besides the host. */
export interface PassTools extends Eyes {
  readonly metrics: HostMetrics;
  readonly log: HostLog;
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
const configDataRecheck: Seconds = 10;

/**
 * One pass over one host: observe, decide, carry out, again with what has been learned, until there is something to wait for.
 * The status is written once, at the end; only before a node is deleted it is written as well, so that a restart at that moment
 * does not enrol the host again.
 */
export class HostPass {
  readonly #tools: PassTools;
  readonly #findings: Findings;
  readonly #record: HostRecord;
  /** What has been asked of the node in this pass, and in which state it was: Ironic may take a moment to act on it. */
  readonly #asked = new Set<string>();

  constructor(host: BareMetalHost, memory: HostMemory, tools: PassTools) {
    this.#tools = tools;
    const hardware = tools.store.findHardwareData(host)?.spec.hardware;
    const status = restoredStatus(host, hardware) ?? host.status ?? emptyStatus();
    const rebootsServed = memory.rebootsServed?.filter((key) => host.metadata.annotations?.[key] !== undefined);
    this.#findings = beginFindings(host, status, { ...memory, rebootsServed });
    this.#record = new HostRecord(this.#findings, tools);
  }

  get memory(): HostMemory {
    return this.#findings.memory;
  }

  async run(): Promise<PassEnd> {
    try {
      for (let step = 0; step < mostSteps; step += 1) {
        const end = await this.#step().catch((error: unknown) => this.#refused(error));
        if (end?.kind === 'rest') await this.#record.save();
        if (end !== undefined) return end;
      }
    } catch (error) {
      // What was learned before is worth keeping, above all the id of a node that has just been enrolled.
      await this.#record.save();
      throw error;
    }
    throw new Error(`the host comes to no rest in state "${this.#findings.status.provisioning.state}"`);
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
        await this.#note(decision.notes);
        return undefined;
      case 'advance':
        // A preparation that begins knows nothing of what an earlier one has tried.
        if (decision.to === 'preparing') this.#remember({ biosApplied: '' });
        this.#record.advance(view.state, decision.to, decision.notes);
        return undefined;
      case 'ask':
        return this.#ask(decision, view);
      case 'read-inventory':
        findings.inventory = (view.node && (await provisioner.findInventory(view.node))) ?? 'absent';
        return undefined;
      case 'read-bios':
        findings.biosSettings = await this.#readBios(view);
        return undefined;
      case 'read-media':
        findings.media = view.node && (await observeMedia(view.node, provisioner));
        return undefined;
      case 'keep-image':
        await store.keepImage(findings.host, decision.spec);
        return undefined;
      case 'publish-hardware':
        await store.keepHardware(findings.host, decision.details);
        this.#record.advance(view.state, decision.to, {
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
        await store.releaseAgentNetworks(findings.host);
        await store.releaseImage(findings.host);
        await store.removeFinalizer(this.#record.saved);
        this.#tools.log.info({ host: hostName(findings.host) }, 'host is gone');
        return { kind: 'gone' };
      case 'wait':
        await this.#note(decision.notes ?? {});
        return { kind: 'rest', recheckIn: decision.recheckIn, reason: decision.reason };
      case 'fail':
        await this.#note(decision.notes ?? {});
        return this.#fail(decision.type, decision.message);
    }
  }

  async #ask({ request, then }: Extract<Decision, { kind: 'ask' }>, view: HostView): Promise<PassEnd | undefined> {
    const { node } = view;
    const question = JSON.stringify([request, node?.provisionState, node?.powerState]);
    if (this.#asked.has(question)) {
      return { kind: 'rest', recheckIn: safetyNet, reason: `Ironic has been asked to ${request.do}` };
    }
    this.#asked.add(question);

    if (request.do === 'delete') await this.#record.save();
    if (request.do === 'create') this.#tools.metrics.count('registrationRequired');
    this.#findings.node = await carryOut(request, node, this.#tools.provisioner);
    if (request.do === 'patch') this.#findings.reconfigured = true;
    if (request.do === 'attach-media' || request.do === 'detach-media') {
      this.#findings.media = { kind: 'busy' };
      // An error of the node is one of its media from here on.
      this.#remember({ powerAsked: undefined });
    }
    if (request.do === 'power') {
      this.#remember({
        powerAsked: { node: node?.uuid ?? '', to: request.target === 'power on' ? 'on' : 'off' },
        rebootsServed: request.target.endsWith('rebooting') ? heldRequests(view) : [],
      });
    }
    // Another attempt has begun: what came of the one before is over, but counts until one succeeds.
    const attempt = request.do === 'verb' || request.do === 'power' || request.do === 'create';
    await this.#note({ ...then, ...(attempt ? { clearError: true } : {}) });
    return undefined;
  }

  async #note(notes: Notes): Promise<void> {
    if (notes.biosApplied !== undefined) this.#remember({ biosApplied: notes.biosApplied });
    if (notes.mediaAsked !== undefined) {
      this.#remember({ mediaAsked: notes.mediaAsked === 'nothing' ? undefined : notes.mediaAsked });
    }
    if (notes.dataImage !== undefined) {
      const lastReconciled = timestampOf(this.#tools.clock.now() / 1000);
      await this.#tools.store.saveDataImage(this.#findings.host, { ...notes.dataImage, lastReconciled });
    }
    if (notes.firmwareUpdates !== undefined) {
      await this.#tools.store.recordUpdates(this.#findings.host, notes.firmwareUpdates);
    }
    // A Secret that the host has named before must not stay held for it.
    const former = this.#findings.status.triedCredentials?.credentials?.name ?? '';
    this.#record.note(notes);
    const now = notes.status?.triedCredentials?.credentials?.name ?? '';
    if (former !== '' && now !== '' && now !== former) {
      await this.#tools.store.releaseCredentials(this.#findings.host, former);
    }
  }

  async #readBios({ node }: HostView): Promise<ReadonlyMap<string, string>> {
    const { settings } = node === undefined ? { settings: [] } : await this.#tools.provisioner.readFirmware(node);
    return new Map(settings.map(({ name, value }) => [name, value]));
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
      this.#record.note({
        status: { lastAttemptedImage: view.host.spec.image },
        events: [event('ProvisioningStarted', 'Image provisioning started')],
        dropAnnotations: [annotations.reboot],
      });
      return undefined;
    } catch (error) {
      if (error instanceof PullSecretError) {
        this.#record.note({ events: [event(error.reason, error.message, 'Warning')] });
        return this.#fail('provisioning error', error.message);
      }
      if (!(error instanceof HostConfigDataError)) throw error;
      // Undoing the attempt would not bring the data: the host stays where it is until the Secret is mended.
      this.#tools.metrics.configDataFailed(error.hostData);
      this.#record.note({ events: [event('HostConfigDataError', error.message, 'Warning')] });
      return { kind: 'rest', recheckIn: configDataRecheck, reason: error.message };
    }
  }

  #withoutCredentials({ problem }: Extract<Observation, { kind: 'no-credentials' }>): PassEnd {
    this.#tools.metrics.count(problem.problem === 'missing' ? 'credentialsMissing' : 'credentialsInvalid');
    this.#record.failForCredentials(problem.message);
    return { kind: 'rest', recheckIn: problem.recheckIn, reason: problem.message };
  }

  /** What Ironic refuses to do at all, or because something else is in the way, is for a person to see. */
  #refused(error: unknown): PassEnd {
    if (!(error instanceof ProvisionerError) || (error.code !== 'refused' && error.code !== 'conflict')) throw error;
    const { state } = this.#findings.status.provisioning;
    return this.#fail(errorTypeOfState[state] ?? 'registration error', withRemedy(error.message, this.#findings.host));
  }

  #fail(type: ErrorType, message: string): PassEnd {
    const { clock, backOffUnit, random, store } = this.#tools;
    const recheckIn = backOff(this.#record.fail(type, message), backOffUnit, random());
    const { host } = this.#findings;
    const fingerprint = fingerprintOf(host, store.surroundingsOf(host));
    this.#remember({ pause: { until: clock.now() / 1000 + recheckIn, fingerprint } });
    return { kind: 'rest', recheckIn, reason: message };
  }

  #remember(news: Partial<HostMemory>): void {
    this.#findings.memory = { ...this.#findings.memory, ...news };
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
