import type { JsonObject, Node } from '@metal3/node';
import { type Claim, isStoreError, type LeasedChange, type NodeStore, type Sleep } from '@metal3/node-store';
import { type Clock, describeError, type Logger, type Random } from '@metal3/service';
import { nextLook } from '../verbs/idle/decide.ts';
import { decideAbort } from './abort.ts';
import type { Change, Decider, Decision, Seen } from './decision.ts';
import { Draft, type OpenEffect } from './draft.ts';
import { type Effect, effectName, effectsWithIntent, effectWords, isTold, progressOf } from './effects.ts';
import type { FailPoint } from './fail-points.ts';
import { emptyJournal, isFresh, type Journal, journalOf } from './journal.ts';
import { LeaseGuard } from './lease-guard.ts';
import { overlaid } from './overlay.ts';
import { type Hand, type MachineOf, perform, type Performers } from './perform.ts';
import type { Policy } from './policy.ts';
import { isAmbiguous, isExpected, isPassing, wordsOf } from './problems.ts';
import { effectOf } from './requests.ts';
import { afterFailure, nextTry } from './retry.ts';
import { type Traced, untraced } from './trace.ts';

export interface SegmentPorts {
  readonly store: Pick<NodeStore, 'work' | 'blobs'>;
  readonly deciders: { readonly [kind in Seen['kind']]: Decider };
  readonly performers: Performers;
  readonly machineOf: MachineOf;
  readonly policy: Policy;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly failPoint: FailPoint;
  /** Puts what is done into the trace of the request that asked for it. */
  readonly traced?: Traced;
  readonly onEffect?: (effect: string, outcome: 'done' | 'passing' | 'failed', milliseconds: number) => void;
}

/** No effect starts with less than this share of the lease left; its requests end with the lease at the latest. */
const leaseShare = 0.7;
/** Wait kind of a node at rest. */
const sync = 'power-sync';
/** A decision that leads to another forever is a defect of ours. */
const mostTurns = 500;

/**
 * Works on one node under its lease until there is nothing to do but wait: decide, act, note, again. Whatever happens, the node stays due or
 * planned in the store, so that nothing of it depends on this process.
 */
export async function runSegment(claim: Claim, ports: SegmentPorts, stop: AbortSignal): Promise<void> {
  const guard = new LeaseGuard(claim.lease, ports.store.work, ports.clock, stop);
  const segment = new Segment(claim, ports, guard);
  try {
    await segment.run();
  } catch (error) {
    const { log } = ports;
    if (isStoreError(error, 'LEASE-LOST') || !guard.holds) {
      log.info({ node: claim.node.uuid, why: wordsOf(error) }, 'work interrupted; whoever has the lease goes on');
    } else {
      log.error({ node: claim.node.uuid, error: describeError(error) }, 'work interrupted; it will be taken up again');
    }
    if (!segment.released) await ports.store.work.abandon(guard.lease);
  } finally {
    guard.end();
  }
}

class Segment {
  readonly #ports: SegmentPorts;
  readonly #guard: LeaseGuard;
  #claim: Claim;
  #node: Node;
  #kind: Seen['kind'];
  #args: JsonObject;
  #journal: Journal;
  readonly #draft = new Draft();
  #open: OpenEffect | undefined;
  #readAt: number;
  #looked = false;
  /** Wake-ups known when the last decision was made; a later one must lead to another decision. */
  #decidedOn: number;
  released = false;

  constructor(claim: Claim, ports: SegmentPorts, guard: LeaseGuard) {
    this.#ports = ports;
    this.#guard = guard;
    this.#claim = claim;
    this.#node = claim.node;
    this.#kind = claim.work.kind ?? 'idle';
    this.#args = claim.work.args;
    this.#journal = journalOf(claim.work.context);
    this.#readAt = ports.clock.monotonic();
    this.#open = openEffect(claim);
    this.#decidedOn = claim.work.wakeSeq;
  }

  async run(): Promise<void> {
    const begins = this.#kind !== 'idle' && this.#claim.work.waitKind === null && isFresh(this.#journal);
    if (begins) this.#ports.log.info({ ...this.#where, state: this.#node.provisionState }, 'work begins');
    for (let turn = 0; turn < mostTurns; turn += 1) {
      this.#guard.signal.throwIfAborted();
      await this.#takeRequests();
      this.#decidedOn = this.#claim.work.wakeSeq;
      const decision = this.#ports.deciders[this.#kind](await this.#seen());
      if (await this.#follow(decision)) return;
    }
    throw new Error(`No end in sight after ${mostTurns} decisions about ${this.#kind} of node ${this.#node.uuid}`);
  }

  /** Which node and which work, and the request that began it: on every line. */
  get #where(): Record<string, unknown> {
    const { origin } = this.#journal;
    return {
      node: this.#node.uuid,
      nodeName: this.#node.name ?? undefined,
      work: this.#kind,
      requestId: origin?.requestId,
      traceId: origin?.traceparent?.split('-')[1],
    };
  }

  readonly #mayStart = (): boolean => this.#guard.holds;

  get #limits(): Pick<Hand, 'signal' | 'mayStart'> {
    return { signal: this.#guard.signal, mayStart: this.#mayStart };
  }

  get #now(): number {
    return this.#claim.work.now + Math.round(this.#ports.clock.monotonic() - this.#readAt);
  }

  async #seen(): Promise<Seen> {
    const waitsForData = this.#kind === 'inspect' && this.#journal.boot?.stage === 'started';
    return {
      node: this.#node,
      kind: this.#kind,
      args: this.#args,
      journal: this.#journal,
      policy: this.#ports.policy,
      power: this.#claim.work.power,
      syncDue: this.#kind === 'idle' && this.#syncDue(),
      inspectionData: waitsForData && (await this.#ports.store.blobs.has(this.#node.uuid, 'inspection-data')),
      now: this.#now,
    };
  }

  #syncDue(): boolean {
    const { waitKind, wakeAt } = this.#claim.work;
    return (
      (waitKind === sync && wakeAt !== null && this.#now >= wakeAt) || this.#journal.retry !== null || this.#looked
    );
  }

  async #takeRequests(): Promise<void> {
    for (const request of this.#claim.work.requests) {
      if (!this.#draft.takeRequest(request.id)) continue;
      const effect = effectOf(request);
      if (effect !== undefined) await this.#serve(effect);
      if (request.kind !== 'abort') continue;
      const { journal, change } = decideAbort(await this.#seen());
      await this.#note(journal, change);
    }
  }

  /** Something asked for beside the work: tried once, and told in `last_error` when it fails. */
  async #serve(effect: Effect): Promise<void> {
    await this.#guard.reserve(this.#claim.lease.durationMs * leaseShare);
    try {
      const machine = this.#ports.machineOf(this.#node, this.#mayStart);
      const hand = { seen: await this.#seen(), machine, resumed: false, ...this.#limits };
      const { change } = await perform(this.#ports.performers, effect, hand);
      await this.#note(this.#journal, change);
    } catch (error) {
      if (!this.#guard.holds || isStoreError(error)) throw error;
      const words = `Failed while ${effectWords(effect)}: ${wordsOf(error)}`;
      this.#ports.log.warn({ ...this.#where, why: wordsOf(error) }, 'request failed');
      await this.#note(this.#journal, {
        patch: { lastError: words },
        history: { event: words, eventType: 'provisioning', severity: 'ERROR' },
      });
    }
  }

  /** True when the lease has been given back. */
  async #follow(decision: Decision): Promise<boolean> {
    switch (decision.kind) {
      case 'note':
        await this.#note(decision.journal, decision.change);
        return false;
      case 'effect':
        await this.#note(this.#journal, decision.change);
        return this.#act(decision.effect);
      case 'wait':
        if (this.#kind !== 'idle' && this.#claim.work.waitKind !== decision.waitKind)
          this.#ports.log.info({ ...this.#where, awaited: decision.awaited }, 'waiting');
        await this.#note(this.#journal, decision.change);
        return this.#sleep({
          waitKind: decision.waitKind,
          wakeAfterMs: decision.wakeAt === null ? null : Math.max(0, decision.wakeAt - this.#now),
        });
      case 'follow': {
        const { power } = this.#journal;
        await this.#note(emptyJournal, decision.change);
        await this.#commit({ work: decision.work });
        // The power state seen a moment ago need not be asked for again; a conductor that takes the work over later looks anew.
        if (power !== null) this.#journal = { ...this.#journal, power: { ...power, asked: null, looks: 0 } };
        this.#ports.log.info({ ...this.#where, state: this.#node.provisionState }, 'work goes on');
        return false;
      }
      case 'end':
        return this.#end(decision.change);
    }
  }

  async #end(change: Change): Promise<boolean> {
    const kind = this.#kind;
    const where = this.#where;
    await this.#note(emptyJournal, change);
    const over: LeasedChange = kind === 'idle' ? {} : { work: null };
    this.#kind = 'idle';
    const look = this.#lookAgainIn(kind);
    const done = await this.#sleep({ waitKind: look === null ? null : sync, wakeAfterMs: look }, over);
    this.#ports.failPoint(`${kind}.ended`);
    if (kind !== 'idle') {
      const { provisionState, lastError } = this.#node;
      this.#ports.log.info({ ...where, state: provisionState, lastError: lastError ?? undefined }, 'work over');
    }
    return done;
  }

  /** A node that was woken for something else keeps the time of its periodic look. */
  #lookAgainIn(kind: Seen['kind']): number | null {
    const { waitKind, wakeAt } = this.#claim.work;
    if (kind === 'idle' && waitKind === sync && wakeAt !== null && wakeAt > this.#now) return wakeAt - this.#now;
    return nextLook({ node: this.#node, policy: this.#ports.policy });
  }

  async #note(journal: Journal, change: Change | undefined): Promise<void> {
    if (change !== undefined) {
      if (!this.#draft.add(change)) {
        await this.#commit();
        this.#draft.add(change);
      }
      this.#node = overlaid(this.#node, change);
    }
    this.#journal = journal;
    // Ports are read from the store, not from the node at hand.
    if (change?.ports !== undefined) await this.#commit();
  }

  async #act(effect: Effect): Promise<boolean> {
    const { clock, failPoint, log, performers, machineOf, onEffect, traced = untraced } = this.#ports;
    const name = effectName(effect);
    const { retry } = this.#journal;
    if (retry?.effect === name && this.#now < nextTry(retry)) {
      return this.#sleep({ waitKind: 'retry', wakeAfterMs: nextTry(retry) - this.#now });
    }
    const point = `${this.#kind}.${name}`;
    const resumed = this.#open?.name === name;
    if (this.#open !== undefined && !resumed) this.#settle();
    if (effectsWithIntent.has(effect.kind) && !resumed) {
      failPoint(`${point}.intending`);
      const id = this.#ports.random.uuid();
      await this.#commit({ intend: [{ id, kind: effect.kind, intent: intentOf(effect, name) }] });
      this.#open = { id, name, point };
      failPoint(`${point}.intended`);
    }
    await this.#guard.reserve(this.#claim.lease.durationMs * leaseShare);
    const started = clock.monotonic();
    const took = (): number => clock.monotonic() - started;
    try {
      const machine = machineOf(this.#node, this.#mayStart);
      const hand = { seen: await this.#seen(), machine, resumed, ...this.#limits };
      const outcome = await traced(this.#journal.origin, point, () => perform(performers, effect, hand));
      onEffect?.(name, 'done', took());
      const tries = retry?.effect === name ? retry.times + 1 : undefined;
      if (tries !== undefined || isTold(effect)) {
        const line = { ...this.#where, effect: name, tries, ms: Math.round(took()) };
        log.info(
          line,
          tries === undefined ? `${progressOf(effect)}: ${effectWords(effect)}` : 'effect succeeded after all',
        );
      }
      failPoint(`${point}.performed`);
      this.#settle();
      this.#looked = this.#kind === 'idle';
      await this.#note({ ...outcome.journal, retry: null }, outcome.change);
      return false;
    } catch (error) {
      if (!this.#guard.holds || isStoreError(error)) throw error;
      const passing = isPassing(error, effect) || (this.#kind === 'idle' && this.#claim.work.power === null);
      onEffect?.(name, passing ? 'passing' : 'failed', took());
      return this.#failed(effect, error, passing);
    }
  }

  async #failed(effect: Effect, error: unknown, passing: boolean): Promise<boolean> {
    const { log } = this.#ports;
    const words = wordsOf(error);
    const where = { ...this.#where, effect: effectName(effect) };
    if (!isExpected(error)) log.error({ ...where, error: describeError(error) }, 'effect failed unexpectedly');
    if (!isAmbiguous(error)) this.#settle();

    const verdict = afterFailure(effect, words, passing, await this.#seen());
    const line = { ...where, times: verdict.times, why: words };
    // One warning when the trouble begins and one when it is given up; the tries between them are for whoever looks closer.
    if (!verdict.again) log.warn(line, 'effect failed; giving up');
    else if (verdict.times === 1) log.warn(line, 'effect failed; trying again');
    else log.debug(line, 'effect failed; trying again');
    if (!verdict.again) this.#settle();
    this.#journal = verdict.journal;
    return verdict.again && this.#sleep({ waitKind: 'retry', wakeAfterMs: verdict.pause });
  }

  /** The open effect needs no more looking after once the next commit is through. */
  #settle(): void {
    if (this.#open !== undefined) this.#draft.settle(this.#open);
    this.#open = undefined;
  }

  #written(claim: Claim): void {
    const settled = this.#draft.written();
    this.#refresh(claim);
    this.#reachedSettled(settled);
  }

  #reachedSettled(settled: readonly OpenEffect[]): void {
    for (const { point } of settled) this.#ports.failPoint(`${point}.settled`);
  }

  #refresh(claim: Claim): void {
    this.#claim = claim;
    this.#node = claim.node;
    this.#kind = claim.work.kind ?? 'idle';
    this.#args = claim.work.args;
    this.#readAt = this.#ports.clock.monotonic();
    this.#guard.renewed(claim.lease);
  }

  async #commit(extra: LeasedChange = {}): Promise<void> {
    this.#written(await this.#ports.store.work.update(this.#guard.lease, this.#draft.leased(this.#journal, extra)));
    if (extra.work !== undefined) this.#journal = journalOf(this.#claim.work.context);
  }

  async #sleep(sleep: Sleep, extra: LeasedChange = {}): Promise<boolean> {
    const release = await this.#ports.store.work.release(
      this.#guard.lease,
      this.#decidedOn,
      sleep,
      this.#draft.leased(this.#journal, extra),
    );
    if (release.released) {
      this.released = true;
      this.#node = release.node;
      this.#reachedSettled(this.#draft.written());
      this.#ports.failPoint(`${this.#kind}.released`);
      return true;
    }
    this.#written(release.claim);
    this.#journal = journalOf(release.claim.work.context);
    return false;
  }
}

function openEffect({ work }: Claim): OpenEffect | undefined {
  const last = work.openEffects.at(-1);
  const name = last?.intent['name'];
  return last === undefined || typeof name !== 'string'
    ? undefined
    : { id: last.id, name, point: `${work.kind ?? 'idle'}.${name}` };
}

/** What is written down before an effect: enough to recognise it, without arguments that may hold secrets. */
function intentOf(effect: Effect, name: string): JsonObject {
  return { name, words: effectWords(effect) };
}
