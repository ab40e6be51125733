import { type BiosAttribute, readBios } from './bios.ts';
import { orderBoot, pendingBootProperties } from './boot-order.ts';
import type { RedfishClient } from './client.ts';
import { RedfishError, saysAlreadyThere } from './errors.ts';
import {
  biosFirmware,
  type FirmwareComponent,
  type FirmwareVersion,
  type NicFirmware,
  readBmcFirmware,
  readNicFirmware,
  startUpdate,
} from './firmware.ts';
import { readIfThere } from './if-there.ts';
import { type LampState, readIndicators, type RedfishIndicator, writeIndicator } from './indicators.ts';
import { booleanAt, textAt, textsAt } from './json.ts';
import { type Quirks, quirksOf } from './quirks.ts';
import {
  createVolume,
  deleteVolume,
  openOperations,
  type OpenOperation,
  readStorage,
  type StorageView,
  type VolumeRequest,
} from './storage.ts';
import { type Subscriptions, subscriptionsOf } from './subscriptions.ts';
import {
  type BootPersistence,
  type BootTarget,
  mapOf,
  type SystemMap,
  type SystemView,
  viewOf,
} from './system-view.ts';
import { readTask, type TaskView } from './tasks.ts';
import { type CallOptions, members, type RedfishReply } from './transport.ts';
import {
  accepts,
  eject,
  insert,
  mediaCollections,
  type MediaSlot,
  type MediaType,
  readSlot,
  slotPaths,
} from './virtual-media.ts';
import { checkSystem, onlySystem, unknownSystem } from './whose-system.ts';

export type ResetType = 'On' | 'ForceOff' | 'GracefulShutdown' | 'ForceRestart' | 'GracefulRestart' | 'Nmi';

export interface BootRequest {
  readonly target: BootTarget;
  readonly enabled: BootPersistence;
  readonly mode?: 'uefi' | 'bios' | undefined;
  /** Only with target `UefiHttp`. */
  readonly httpBootUri?: string | undefined;
}

/** One machine behind a BMC. Every method throws RedfishError. */
export interface RedfishSystem {
  /** One GET. */
  read(options?: CallOptions): Promise<SystemView>;
  /** One POST. Asking for the state the machine is in already succeeds. The effect shows in a later `read`. */
  reset(type: ResetType, options?: CallOptions): Promise<void>;
  /** One PATCH; `Once` is used when the BMC refuses `Continuous`, and the answer says which was taken. */
  setBoot(request: BootRequest, options?: CallOptions): Promise<BootPersistence>;
  /** Changes how the firmware boots, without touching the boot device. One PATCH. */
  setBootMode(mode: 'uefi' | 'bios', options?: CallOptions): Promise<void>;
  supportedResets(options?: CallOptions): Promise<readonly string[]>;
  /** All virtual drives with their content. */
  media(options?: CallOptions): Promise<readonly MediaSlot[]>;
  /** What the drive for `type` holds now; undefined when it is empty. One GET once the drive is known. */
  insertedImage(type: MediaType, options?: CallOptions): Promise<string | undefined>;
  /** Puts `image` into the drive for `type`, ejecting anything else first; does nothing when it is there already. */
  insertMedia(type: MediaType, image: string, options?: CallOptions): Promise<void>;
  /** Empties the drive for `type`; does nothing when it is empty or the machine has none. */
  ejectMedia(type: MediaType, options?: CallOptions): Promise<void>;
  /** MAC addresses of the enabled interfaces, lower case. */
  macAddresses(options?: CallOptions): Promise<readonly string[]>;
  /** BIOS attributes; undefined when the BMC does not offer them. */
  biosAttributes(options?: CallOptions): Promise<Readonly<Record<string, unknown>> | undefined>;
  /** Changes BIOS attributes; they take effect at the next boot. */
  setBiosAttributes(attributes: Readonly<Record<string, unknown>>, options?: CallOptions): Promise<void>;
  /** BIOS attributes with what the attribute registry says of them; none when the BMC does not offer them. */
  bios(options?: CallOptions): Promise<readonly BiosAttribute[]>;
  /** Brings all BIOS attributes back to the factory's values; they take effect at the next boot. */
  resetBios(options?: CallOptions): Promise<void>;
  /**
   * Versions of the firmware that runs. What was read less than `maxAgeMs` ago and cannot have changed since is not read again; that of network
   * adapters is kept for ten minutes, unless `maxAgeMs` is 0.
   */
  firmware(options?: CallOptions, maxAgeMs?: number): Promise<readonly FirmwareVersion[]>;
  /** Installs firmware; answers the task monitor to look at, if the BMC gives one. */
  startUpdate(component: FirmwareComponent, imageUrl: string, options?: CallOptions): Promise<string | undefined>;
  /** One look at a task monitor. */
  task(monitor: string, options?: CallOptions): Promise<TaskView>;
  /** Storage with its drives and volumes; none when the BMC does not offer it. One GET for each subsystem, drive and volume. */
  storage(options?: CallOptions): Promise<readonly StorageView[]>;
  /** Makes a RAID volume; answers the task monitor to look at, if the BMC gives one. */
  createVolume(request: VolumeRequest, options?: CallOptions): Promise<string | undefined>;
  /** Ends a volume and what is on it, likewise; one that is gone already is no error. */
  deleteVolume(path: string, applyTime: string | undefined, options?: CallOptions): Promise<string | undefined>;
  /** What the BMC has been asked for and has not finished, where it remembers the requests. */
  openOperations(options?: CallOptions): Promise<readonly OpenOperation[]>;
  indicators(options?: CallOptions): Promise<readonly RedfishIndicator[]>;
  setIndicator(indicator: RedfishIndicator, state: LampState, options?: CallOptions): Promise<void>;
  /** Where the BMC sends its events. */
  readonly subscriptions: Subscriptions;
  /** Secure boot as enabled for the next boot; undefined when unsupported. */
  secureBoot(options?: CallOptions): Promise<boolean | undefined>;
  setSecureBoot(enabled: boolean, options?: CallOptions): Promise<void>;
}

/** Adapters are many, and their firmware is changed by few but us. */
const nicsKeptMs = 600_000;

/** @param path resource path of the system; undefined when the BMC has exactly one. */
export function redfishSystem(client: RedfishClient, path: string | undefined): RedfishSystem {
  return new System(client, path);
}

class System implements RedfishSystem {
  readonly #client: RedfishClient;
  readonly #given: string | undefined;
  #map: SystemMap | undefined;
  #lastView: SystemView | undefined;
  /** When `#lastView` was read; forgotten when the machine is restarted, which is when it takes new firmware over. */
  #viewedAt: number | undefined;
  #bmcFirmware: { readonly version: FirmwareVersion | undefined; readonly readAt: number } | undefined;
  #nics: { readonly list: readonly NicFirmware[]; readonly readAt: number } | undefined;
  #pendingProperties: ReadonlySet<string> | undefined;
  #slots: readonly string[] | undefined;
  readonly #slotOf = new Map<MediaType, string>();

  constructor(client: RedfishClient, path: string | undefined) {
    this.#client = client;
    this.#given = path;
  }

  async read(options: CallOptions = {}): Promise<SystemView> {
    const path = this.#map?.path ?? (await this.#findPath(options));
    const { body } = await this.#get(path, options);
    if (this.#map === undefined) await checkSystem(this.#client, path, body, options);
    this.#map ??= mapOf(path, body);
    this.#lastView = viewOf(body);
    this.#viewedAt = this.#now;
    return this.#lastView;
  }

  async #get(path: string, options: CallOptions): Promise<RedfishReply> {
    try {
      return await this.#client.get(path, options);
    } catch (error) {
      if (!RedfishError.is(error) || error.status !== 404) throw error;
      throw await unknownSystem(this.#client, path, error, options);
    }
  }

  async #findPath(options: CallOptions): Promise<string> {
    return this.#given ?? (await onlySystem(this.#client, options));
  }

  async #located(options: CallOptions): Promise<SystemMap> {
    if (this.#map === undefined) await this.read(options);
    if (this.#map === undefined) throw new Error('unreachable: read() fills the map');
    return this.#map;
  }

  get #now(): number {
    return this.#client.transport.clock.monotonic();
  }

  get #quirks(): Quirks {
    return quirksOf(this.#map?.vendor);
  }

  async supportedResets(options: CallOptions = {}): Promise<readonly string[]> {
    return (await this.#located(options)).resetTypes;
  }

  async reset(type: ResetType, options: CallOptions = {}): Promise<void> {
    const map = await this.#located(options);
    if (map.resetTypes.length > 0 && !map.resetTypes.includes(type)) {
      throw new RedfishError(`${this.#client.origin}${map.path} does not support reset type ${type}`, {
        kind: 'unsupported',
        method: 'POST',
        path: map.resetTarget,
        origin: this.#client.origin,
      });
    }
    this.#viewedAt = undefined;
    try {
      await this.#client.post(map.resetTarget, { ResetType: type }, options);
    } catch (error) {
      if (!RedfishError.is(error) || !saysAlreadyThere(error)) throw error;
    }
  }

  async setBoot(request: BootRequest, options: CallOptions = {}): Promise<BootPersistence> {
    const map = await this.#located(options);
    const quirks = this.#quirks;
    const view = this.#lastView;
    const stale = request.httpBootUri === undefined && view?.httpBootUri !== undefined;
    const unchanged = view?.bootEnabled === request.enabled && request.enabled === 'Continuous';
    const mode = request.mode ?? (quirks.bootPatchComplete ? view?.bootMode : undefined);
    const boot = {
      BootSourceOverrideTarget: this.#targetOf(request.target),
      ...(!unchanged || quirks.alwaysSendEnabled || quirks.bootPatchComplete
        ? { BootSourceOverrideEnabled: request.enabled }
        : {}),
      ...(mode === undefined ? {} : { BootSourceOverrideMode: mode === 'uefi' ? 'UEFI' : 'Legacy' }),
      // What was set for the boot before this one would be loaded again.
      ...(stale ? { HttpBootUri: null } : {}),
      ...(request.httpBootUri === undefined ? {} : { HttpBootUri: request.httpBootUri }),
    };
    const taken = (enabled: BootPersistence): BootPersistence => {
      if (this.#lastView !== undefined)
        this.#lastView = { ...this.#lastView, bootEnabled: enabled, httpBootUri: request.httpBootUri };
      return enabled;
    };
    const pending = await this.#pendingBoot(map, options);
    try {
      await orderBoot(this.#client, map, pending, boot, options);
      return taken(request.enabled);
    } catch (error) {
      if (request.enabled !== 'Continuous' || !RedfishError.is(error) || error.kind !== 'refused') throw error;
      const once = { ...boot, BootSourceOverrideEnabled: 'Once' };
      await orderBoot(this.#client, map, pending, once, options);
      return taken('Once');
    }
  }

  /** A virtual CD is a USB drive to some machines, if they know such a thing. */
  #targetOf(target: BootTarget): BootTarget {
    const { virtualCdTarget } = this.#quirks;
    const allowed = this.#lastView?.allowedBootTargets ?? [];
    const offered = allowed.length === 0 || allowed.includes(virtualCdTarget);
    return target === 'Cd' && offered ? virtualCdTarget : target;
  }

  async #pendingBoot(map: SystemMap, options: CallOptions): Promise<ReadonlySet<string>> {
    this.#pendingProperties ??= await pendingBootProperties(this.#client, map, options);
    return this.#pendingProperties;
  }

  async setBootMode(mode: 'uefi' | 'bios', options: CallOptions = {}): Promise<void> {
    const map = await this.#located(options);
    const boot = { BootSourceOverrideMode: mode === 'uefi' ? 'UEFI' : 'Legacy' };
    await orderBoot(this.#client, map, await this.#pendingBoot(map, options), boot, options);
  }

  async #slotPaths(options: CallOptions): Promise<readonly string[]> {
    if (this.#slots !== undefined) return this.#slots;
    const map = await this.#located(options);
    this.#slots = await slotPaths(this.#client, await mediaCollections(this.#client, map, options), options);
    return this.#slots;
  }

  async media(options: CallOptions = {}): Promise<readonly MediaSlot[]> {
    const slots: MediaSlot[] = [];
    for (const path of await this.#slotPaths(options)) slots.push(await readSlot(this.#client, path, options));
    return slots;
  }

  async #slot(type: MediaType, options: CallOptions): Promise<MediaSlot | undefined> {
    const known = this.#slotOf.get(type);
    if (known !== undefined) return readSlot(this.#client, known, options);
    // Of drives that take everything, one is the CD's: a stick goes into another.
    const taken = type === 'CD' || type === 'DVD' ? undefined : (await this.#slot('CD', options))?.path;
    for (const path of await this.#slotPaths(options)) {
      if (path === taken) continue;
      const slot = await readSlot(this.#client, path, options);
      if (!accepts(slot, type)) continue;
      this.#slotOf.set(type, path);
      return slot;
    }
    return undefined;
  }

  async insertedImage(type: MediaType, options: CallOptions = {}): Promise<string | undefined> {
    const slot = await this.#slot(type, options);
    return slot?.inserted === true ? slot.image : undefined;
  }

  async insertMedia(type: MediaType, image: string, options: CallOptions = {}): Promise<void> {
    const slot = await this.#slot(type, options);
    if (slot === undefined) {
      throw new RedfishError(`${this.#client.origin} has no virtual media drive that takes a ${type}`, {
        kind: 'unsupported',
        method: 'GET',
        path: this.#map?.path ?? '/redfish/v1/',
        origin: this.#client.origin,
      });
    }
    if (slot.inserted && slot.image === image) return;
    if (slot.inserted) await eject(this.#client, slot, this.#quirks, options);
    await insert(this.#client, slot, image, options);
  }

  async ejectMedia(type: MediaType, options: CallOptions = {}): Promise<void> {
    const slot = await this.#slot(type, options);
    if (slot?.inserted === true) await eject(this.#client, slot, this.#quirks, options);
  }

  async macAddresses(options: CallOptions = {}): Promise<readonly string[]> {
    const { ethernetInterfaces } = await this.#located(options);
    if (ethernetInterfaces === undefined) return [];
    const found: string[] = [];
    for (const path of members(await readIfThere(this.#client, ethernetInterfaces, options))) {
      const body = await readIfThere(this.#client, path, options);
      const mac = textAt(body, 'MACAddress') ?? textAt(body, 'PermanentMACAddress');
      const state = textAt(body, 'Status', 'State') ?? 'Enabled';
      if (mac !== undefined && state === 'Enabled') found.push(mac.toLowerCase());
    }
    return found;
  }

  async biosAttributes(options: CallOptions = {}): Promise<Readonly<Record<string, unknown>> | undefined> {
    const { bios } = await this.#located(options);
    if (bios === undefined) return undefined;
    const { body } = await this.#client.get(bios, options);
    const attributes: unknown = typeof body === 'object' && body !== null ? Reflect.get(body, 'Attributes') : undefined;
    if (typeof attributes !== 'object' || attributes === null) return {};
    return Object.fromEntries(Object.entries(attributes));
  }

  async setBiosAttributes(attributes: Readonly<Record<string, unknown>>, options: CallOptions = {}): Promise<void> {
    const { bios, path } = await this.#located(options);
    if (bios === undefined) throw this.#lacks('BIOS settings', path);
    const { body } = await this.#client.get(bios, options);
    const settings = textAt(body, '@Redfish.Settings', 'SettingsObject', '@odata.id') ?? `${bios}/Settings`;
    const onReset = textsAt(body, '@Redfish.Settings', 'SupportedApplyTimes').includes('OnReset');
    const applyTime = onReset ? { '@Redfish.SettingsApplyTime': { ApplyTime: 'OnReset' } } : {};
    await this.#client.patch(settings, { Attributes: attributes, ...applyTime }, options);
  }

  async bios(options: CallOptions = {}): Promise<readonly BiosAttribute[]> {
    const { bios } = await this.#located(options);
    return bios === undefined ? [] : readBios(this.#client, bios, options);
  }

  async resetBios(options: CallOptions = {}): Promise<void> {
    const { bios, path } = await this.#located(options);
    if (bios === undefined) throw this.#lacks('BIOS settings', path);
    const { body } = await this.#client.get(bios, options);
    const target = textAt(body, 'Actions', '#Bios.ResetBios', 'target');
    if (target === undefined) throw this.#lacks('a reset of its BIOS settings', bios);
    await this.#client.post(target, {}, options);
  }

  async firmware(options: CallOptions = {}, maxAgeMs = 0): Promise<readonly FirmwareVersion[]> {
    const isRecent = (readAt: number | undefined): boolean => readAt !== undefined && this.#now - readAt < maxAgeMs;
    const view = isRecent(this.#viewedAt) && this.#lastView !== undefined ? this.#lastView : await this.read(options);
    const map = await this.#located(options);
    if (!isRecent(this.#bmcFirmware?.readAt)) {
      this.#bmcFirmware = { version: await readBmcFirmware(this.#client, map, options), readAt: this.#now };
    }
    const nicsAt = this.#nics?.readAt;
    const nicsLast = maxAgeMs > 0 && nicsAt !== undefined && this.#now - nicsAt < nicsKeptMs;
    if (!nicsLast) await this.#readNics(map, options);
    return [
      biosFirmware(map, view),
      this.#bmcFirmware?.version,
      ...(this.#nics?.list ?? []).map(({ firmware }) => firmware),
    ].filter((version) => version !== undefined);
  }

  async #readNics(map: SystemMap, options: CallOptions): Promise<readonly NicFirmware[]> {
    this.#nics = { list: await readNicFirmware(this.#client, map, options), readAt: this.#now };
    return this.#nics.list;
  }

  async startUpdate(
    component: FirmwareComponent,
    imageUrl: string,
    options: CallOptions = {},
  ): Promise<string | undefined> {
    const map = await this.#located(options);
    const resource = await this.#resourceOf(component, map, options);
    this.#bmcFirmware = this.#nics = undefined;
    return startUpdate(this.#client, { component, resource }, imageUrl, options);
  }

  /** What a firmware runs on. */
  async #resourceOf(component: FirmwareComponent, map: SystemMap, options: CallOptions): Promise<string | undefined> {
    if (component === 'bios') return map.path;
    if (component === 'bmc') return map.managers[0];
    const nics = this.#nics?.list ?? (await this.#readNics(map, options));
    const found = nics.find(({ firmware }) => firmware.component === component);
    if (found !== undefined) return found.path;
    const known = nics.map(({ firmware }) => firmware.component).join(', ');
    throw new RedfishError(
      `${this.#client.origin} has no network adapter ${component}; ${known === '' ? 'it tells of no firmware of any' : `it has ${known}`}`,
      { kind: 'unsupported', method: 'GET', path: map.path, origin: this.#client.origin },
    );
  }

  task(monitor: string, options: CallOptions = {}): Promise<TaskView> {
    return readTask(this.#client, monitor, options);
  }

  async storage(options: CallOptions = {}): Promise<readonly StorageView[]> {
    const { storage } = await this.#located(options);
    return storage === undefined ? [] : readStorage(this.#client, storage, options);
  }

  createVolume(request: VolumeRequest, options: CallOptions = {}): Promise<string | undefined> {
    return createVolume(this.#client, request, options);
  }

  deleteVolume(path: string, applyTime: string | undefined, options: CallOptions = {}): Promise<string | undefined> {
    return deleteVolume(this.#client, path, applyTime, options);
  }

  openOperations(options: CallOptions = {}): Promise<readonly OpenOperation[]> {
    return openOperations(this.#client, options);
  }

  async indicators(options: CallOptions = {}): Promise<readonly RedfishIndicator[]> {
    return readIndicators(this.#client, (await this.#located(options)).path, options);
  }

  setIndicator(indicator: RedfishIndicator, state: LampState, options: CallOptions = {}): Promise<void> {
    return writeIndicator(this.#client, indicator, state, options);
  }

  get subscriptions(): Subscriptions {
    return subscriptionsOf(this.#client);
  }

  async secureBoot(options: CallOptions = {}): Promise<boolean | undefined> {
    const { secureBoot } = await this.#located(options);
    if (secureBoot === undefined) return undefined;
    return booleanAt(await readIfThere(this.#client, secureBoot, options), 'SecureBootEnable');
  }

  async setSecureBoot(enabled: boolean, options: CallOptions = {}): Promise<void> {
    const { secureBoot, path } = await this.#located(options);
    if (secureBoot === undefined) throw this.#lacks('secure boot', path);
    await this.#client.patch(secureBoot, { SecureBootEnable: enabled }, options);
  }

  #lacks(feature: string, path: string): RedfishError {
    return new RedfishError(`${this.#client.origin}${path} does not offer ${feature}`, {
      kind: 'unsupported',
      method: 'GET',
      path,
      origin: this.#client.origin,
    });
  }
}
