import type { NodeUuid } from '@metal3/node';
import { type BootEntry, type NodeStore } from '@metal3/node-store';
import { bootModeOf } from '../../verbs/deploy/instance.ts';
import { type Journal, withDone } from '../../work/journal.ts';
import type { Performer } from '../../work/perform.ts';
import { EffectProblem } from '../../work/problems.ts';
import { bootDeviceToRemember } from '../power/remembered-device.ts';
import { portsOf } from '../ports-of-node.ts';
import { asksForBootMode, bootEntryFor, type BootSettings, canBeTold, diskEntryFor, readsIsoItself } from './entry.ts';
import { setHttpBoot } from './http-boot.ts';
import { reachedUrl } from './reached-url.ts';
import { asksWhatToBoot, bootsIso } from './way.ts';

/** Where a machine can fetch the medium that a boot entry describes. */
export interface BootMedia {
  /** @throws PassingProblem while pxe-server does not know the entry yet */
  isoUrl(entry: BootEntry, signal: AbortSignal): Promise<string>;
  /** The config drive of a machine that runs from a ready-made ISO. @throws as isoUrl, and EffectProblem for one that cannot be used */
  configDriveUrl(entry: BootEntry, signal: AbortSignal): Promise<string>;
  /**
   * The same for firmware that boots over HTTP: `iso` by plain HTTP, because firmware knows no authorities, and the boot loader for its
   * architecture, undefined where none is to be had by URL.
   */
  httpUrls(
    entry: BootEntry,
    signal: AbortSignal,
  ): Promise<{ readonly iso: string; readonly loader: string | undefined }>;
}

export interface BootPorts {
  readonly store: Pick<NodeStore, 'ports' | 'bootEntries'>;
  readonly media: BootMedia;
  readonly settings: BootSettings;
  /** URL-safe unguessable text of that many bytes. */
  readonly token: (bytes: number) => string;
}

/** On the node while its config drive is in a virtual drive: what people attach there themselves is theirs. */
const stickNote = 'config_drive_inserted';

/** Ironic's agents refuse tokens shorter than 32 characters; 32 bytes make 43. */
const tokenBytes = 32;

export function bootPerformers({ store, media, settings, token }: BootPorts): {
  readonly 'prepare-boot': Performer<'prepare-boot'>;
  readonly 'insert-media': Performer<'insert-media'>;
  readonly 'insert-config-drive': Performer<'insert-config-drive'>;
  readonly 'eject-media': Performer<'eject-media'>;
  readonly 'set-boot-device': Performer<'set-boot-device'>;
  readonly 'set-http-boot': Performer<'set-http-boot'>;
  readonly 'set-secure-boot': Performer<'set-secure-boot'>;
  readonly 'attach-media': Performer<'attach-media'>;
  readonly 'detach-media': Performer<'detach-media'>;
  readonly 'set-boot-mode': Performer<'set-boot-mode'>;
} {
  const entryOf = async (nodeUuid: NodeUuid): Promise<BootEntry> => {
    const entry = await store.bootEntries.find(nodeUuid);
    if (entry === undefined)
      throw new EffectProblem(`The boot entry of node ${nodeUuid} is gone; start the operation again`);
    return entry;
  };

  return {
    /** Only the store changes: a new capability, so that nothing that read the last medium can read this one, and a new token. */
    async 'prepare-boot'({ purpose }, { seen }) {
      const { node, journal } = seen;
      const agentToken = token(tokenBytes);
      const ports = await portsOf(store, node);
      const entry = bootEntryFor(node, ports, purpose, { capability: token(tokenBytes), agentToken }, settings);
      const pregenerated = bootsIso(node) && canBeTold(entry);
      return {
        journal: {
          ...journal,
          lastCommand: null,
          boot: { purpose, stage: 'prepared', fastTrack: false, startedAt: null },
        },
        change: {
          bootEntry: entry,
          agent: pregenerated
            ? {
                url: null,
                version: null,
                verifyCa: null,
                lastHeartbeat: null,
                token: agentToken,
                tokenPregenerated: true,
              }
            : null,
          ...(purpose === 'inspect' ? { blobs: { 'inspection-data': null } } : {}),
        },
      };
    },

    async 'insert-media'(_effect, { seen, machine, signal }) {
      const { journal, node } = seen;
      const entry = await entryOf(node.uuid);
      const direct = entry.kind === 'iso' && readsIsoItself(node, settings);
      const url = direct ? entry.isoUrl : reachedUrl(node, entry, await media.isoUrl(entry, signal));
      // Inserting looks at the drive first, so that a repeated try finds its own image there.
      await machine.insertMedia('cdrom', url, signal);
      const boot = journal.boot === null ? null : ({ ...journal.boot, stage: 'inserted' } as const);
      return { journal: { ...journal, boot, done: journal.done.filter((name) => name !== 'ejected') } };
    },

    async 'insert-config-drive'(_effect, { seen: { node, journal }, machine, signal }) {
      const entry = await entryOf(node.uuid);
      const url = reachedUrl(node, entry, await media.configDriveUrl(entry, signal));
      await machine.insertMedia('usbstick', url, signal);
      return { journal: withDone(journal, 'config-drive'), change: { internal: { [stickNote]: true } } };
    },

    async 'eject-media'(_effect, { seen: { node, journal }, machine, signal }) {
      await machine.ejectMedia('cdrom', signal);
      const stick = node.driverInternalInfo[stickNote] === true;
      if (stick) await machine.ejectMedia('usbstick', signal);
      return {
        journal: withDone(journal, 'ejected'),
        change: { bootEntry: null, ...(stick ? { internal: { [stickNote]: null } } : {}) },
      };
    },

    async 'set-boot-device'({ device, persistent }, { seen, machine, signal }) {
      const { journal, node } = seen;
      await machine.setBootDevice(device, persistent, asksForBootMode(node) ? bootModeOf(node) : undefined, signal);
      const remembered = bootDeviceToRemember(node, device, persistent);
      if (device !== 'disk') return { journal: ordered(journal), change: remembered };
      const done = { journal: withDone(journal, 'boot-device-disk') };
      if (!asksWhatToBoot(node)) return { ...done, change: remembered };
      return { ...done, change: { ...remembered, bootEntry: diskEntryFor(node, await portsOf(store, node)) } };
    },

    async 'set-http-boot'({ persistent }, { seen: { journal, node }, machine, signal }) {
      const mode = asksForBootMode(node) ? bootModeOf(node) : undefined;
      const boot = { node, entry: await entryOf(node.uuid), persistent, mode };
      await setHttpBoot(boot, { media, settings }, machine, signal);
      return { journal: ordered(journal) };
    },

    async 'attach-media'({ drive, image }, { seen, machine, signal }) {
      await machine.insertMedia(drive, image, signal);
      return { journal: seen.journal };
    },

    async 'detach-media'({ drives }, { seen, machine, signal }) {
      for (const drive of drives) await machine.ejectMedia(drive, signal);
      return { journal: seen.journal };
    },

    async 'set-boot-mode'({ mode }, { seen, machine, signal }) {
      await machine.setBootMode(mode, signal);
      return { journal: seen.journal, change: { patch: { bootMode: mode } } };
    },

    async 'set-secure-boot'({ enabled }, { seen, machine, signal }) {
      await machine.setSecureBoot(enabled, signal);
      return { journal: withDone(seen.journal, 'secure-boot'), change: { patch: { secureBoot: enabled } } };
    },
  };
}

/** The machine has been told to boot what was prepared. */
function ordered(journal: Journal): Journal {
  const { boot } = journal;
  const next = boot?.stage === 'inserted' ? ({ ...boot, stage: 'ordered' } as const) : boot;
  return withDone({ ...journal, boot: next }, 'boot-ordered');
}
