import type { RedfishClient } from './client.ts';
import { RedfishError } from './errors.ts';
import { at, booleanAt, textAt, textsAt } from './json.ts';
import type { Quirks } from './quirks.ts';
import { type CallOptions, members } from './transport.ts';

/** A virtual drive of a machine and what is in it. */
export interface MediaSlot {
  readonly path: string;
  readonly mediaTypes: readonly string[];
  readonly inserted: boolean;
  readonly image: string | undefined;
  readonly insertTarget: string | undefined;
  readonly ejectTarget: string | undefined;
}

export type MediaType = 'CD' | 'DVD' | 'USBStick' | 'Floppy';

/** Where slots may be, in the order to try: the system's own, then each manager's. */
export async function mediaCollections(
  client: RedfishClient,
  places: { readonly virtualMedia: string | undefined; readonly managers: readonly string[] },
  options: CallOptions,
): Promise<readonly string[]> {
  if (places.virtualMedia !== undefined) return [places.virtualMedia];
  const found: string[] = [];
  for (const manager of places.managers) {
    const { body } = await client.get(manager, options);
    const collection = textAt(body, 'VirtualMedia', '@odata.id');
    if (collection !== undefined) found.push(collection);
  }
  return found;
}

/** Paths of all slots, the likely optical drives first, so that the first read usually finds the right one. */
export async function slotPaths(
  client: RedfishClient,
  collections: readonly string[],
  options: CallOptions,
): Promise<readonly string[]> {
  const paths: string[] = [];
  for (const collection of collections) paths.push(...members((await client.get(collection, options)).body));
  const likely = (path: string): number => (/\/(cd|dvd|virtualcd|ext1?|1)[^/]*$/i.test(path) ? 0 : 1);
  return paths.toSorted((left, right) => likely(left) - likely(right));
}

export async function readSlot(client: RedfishClient, path: string, options: CallOptions): Promise<MediaSlot> {
  const { body } = await client.get(path, options);
  return {
    path,
    mediaTypes: textsAt(body, 'MediaTypes'),
    inserted: booleanAt(body, 'Inserted') ?? textAt(body, 'Image') !== undefined,
    image: textAt(body, 'Image'),
    insertTarget: textAt(at(body, 'Actions', '#VirtualMedia.InsertMedia'), 'target'),
    ejectTarget: textAt(at(body, 'Actions', '#VirtualMedia.EjectMedia'), 'target'),
  };
}

/** A DVD drive does for a CD. */
export function accepts(slot: MediaSlot, type: MediaType): boolean {
  if (type === 'CD') return slot.mediaTypes.includes('CD') || slot.mediaTypes.includes('DVD');
  return slot.mediaTypes.includes(type);
}

/**
 * Inserts an image, read-only, as the standard has it where nothing is said (DSP0268, InsertMedia): Supermicro refuses to be told. A refusal is
 * answered with what other BMCs need: the transfer protocol, then streaming, then dummy credentials (NVIDIA DGX).
 */
export async function insert(
  client: RedfishClient,
  slot: MediaSlot,
  image: string,
  options: CallOptions,
): Promise<void> {
  if (slot.insertTarget === undefined) {
    await client.patch(slot.path, { Image: image, Inserted: true, WriteProtected: true }, options);
    return;
  }
  const protocol = { TransferProtocolType: image.startsWith('https:') ? 'HTTPS' : 'HTTP' };
  const ladder = [
    { Image: image },
    { Image: image, ...protocol },
    { Image: image, ...protocol, TransferMethod: 'Stream' },
    { Image: image, ...protocol, UserName: 'none', Password: 'none' },
  ];
  let refusal: RedfishError | undefined;
  for (const body of ladder) {
    try {
      await client.post(slot.insertTarget, body, options);
      return;
    } catch (error) {
      if (!RedfishError.is(error) || error.status !== 400) throw error;
      refusal ??= error;
    }
  }
  throw refusal ?? new Error('unreachable: the ladder is not empty');
}

/** Ejects; a BMC that refuses one form of the request (400, 415) is asked in the other. */
export async function eject(
  client: RedfishClient,
  slot: MediaSlot,
  quirks: Quirks,
  options: CallOptions,
): Promise<void> {
  if (slot.ejectTarget === undefined) {
    await client.patch(slot.path, { Image: null, Inserted: false }, options);
    return;
  }
  const first = quirks.ejectBody === 'object' ? {} : undefined;
  try {
    await client.post(slot.ejectTarget, first, options);
  } catch (error) {
    if (!RedfishError.is(error) || (error.status !== 400 && error.status !== 415)) throw error;
    await client.post(slot.ejectTarget, first === undefined ? {} : undefined, options);
  }
}
