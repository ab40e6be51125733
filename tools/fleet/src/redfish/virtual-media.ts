import type { MediaSlot } from '../machine/state.ts';
import { RedfishError } from './error.ts';
import {
  collection,
  healthy,
  noContent,
  onlyWritable,
  parameterOneOf,
  parameterText,
  type Answer,
  type RedfishRequest,
} from './request.ts';

const mediaTypes: Readonly<Record<MediaSlot, readonly string[]>> = {
  Cd: ['CD', 'DVD'],
  Floppy: ['Floppy', 'USBStick'],
};
const protocols = ['HTTP', 'HTTPS'] as const;
const insertParameters = [
  'Image',
  'Inserted',
  'WriteProtected',
  'TransferMethod',
  'TransferProtocolType',
  'UserName',
  'Password',
  'MediaType',
];

/** Where the request found the drives: the same ones show under the system and under its manager. */
function home({ call, machine }: RedfishRequest): string {
  const owner = call.path.startsWith('/redfish/v1/Managers/') ? 'Managers' : 'Systems';
  return `/redfish/v1/${owner}/${machine.identity.uuid}/VirtualMedia`;
}

export function virtualMediaCollection(request: RedfishRequest): Record<string, unknown> {
  if (isHidden(request)) throw new RedfishError('ResourceMissingAtURI', [request.call.path]);
  const base = home(request);
  return collection(
    base,
    'VirtualMediaCollection',
    'Virtual Media Services',
    request.machine.slots.map((slot) => `${base}/${slot}`),
  );
}

export function virtualMedia(request: RedfishRequest): Record<string, unknown> {
  const slot = slotOf(request);
  const self = `${home(request)}/${slot}`;
  const media = request.machine.media[slot];
  return {
    '@odata.id': self,
    '@odata.type': '#VirtualMedia.v1_6_3.VirtualMedia',
    Id: slot,
    Name: slot === 'Cd' ? 'Virtual CD' : 'Virtual floppy or USB stick',
    MediaTypes: mediaTypes[slot],
    Image: media?.url ?? null,
    ImageName: media === undefined ? null : (media.url.split('/').pop() ?? null),
    Inserted: media !== undefined,
    WriteProtected: media?.writeProtected ?? true,
    ConnectedVia: media === undefined ? 'NotConnected' : 'URI',
    TransferMethod: 'Stream',
    TransferProtocolType: media?.transferProtocol ?? null,
    'TransferProtocolType@Redfish.AllowableValues': protocols,
    UserName: media?.username ?? '',
    Password: null,
    VerifyCertificate: false,
    Status: healthy,
    ...(request.machine.personality.insertByPatch ? {} : { Actions: actions(self) }),
  };
}

function actions(self: string): Record<string, { target: string }> {
  return {
    '#VirtualMedia.InsertMedia': { target: `${self}/Actions/VirtualMedia.InsertMedia` },
    '#VirtualMedia.EjectMedia': { target: `${self}/Actions/VirtualMedia.EjectMedia` },
  };
}

/** Where there are no actions, a PATCH of the drive inserts (`Inserted` and `Image`) and ejects. */
export function patchVirtualMedia(request: RedfishRequest): Answer {
  const { body, machine } = request;
  const { insertByPatch } = machine.personality;
  const writable = insertByPatch ? ['Image', 'Inserted', 'WriteProtected', 'TransferProtocolType'] : [];
  onlyWritable(body, [...writable, 'VerifyCertificate'], virtualMedia(request));
  const { Image: image, Inserted: inserted } = body;
  if (insertByPatch && (inserted === false || image === null)) eject(request);
  else if (insertByPatch && image !== undefined) {
    if (inserted !== true) throw new RedfishError('PropertyMissing', ['Inserted']);
    insert(request, body, 'VirtualMedia');
  }
  return { status: 200, body: virtualMedia(request) };
}

export function insertMedia(request: RedfishRequest): Answer {
  const { body, machine, call } = request;
  const { insertByPatch, bareInsert, insertNeedsCredentials } = machine.personality;
  const action = 'VirtualMedia.InsertMedia';
  if (insertByPatch) throw new RedfishError('ResourceMissingAtURI', [call.path]);
  const known = bareInsert
    ? insertParameters.filter((name) => name !== 'Inserted' && name !== 'WriteProtected')
    : insertParameters;
  for (const name of Object.keys(body)) {
    if (!known.includes(name)) throw new RedfishError('ActionParameterUnknown', [action, name]);
  }
  for (const name of insertNeedsCredentials ? ['UserName', 'Password'] : []) parameterText(action, name, body[name]);
  insert(request, body, action);
  return noContent;
}

function insert(request: RedfishRequest, body: RedfishRequest['body'], action: string): void {
  const { machine } = request;
  const slot = slotOf(request);
  const url = parameterText(action, 'Image', body['Image']);
  if (!/^https?:\/\/[^/]+/.test(url)) {
    throw new RedfishError('ActionParameterValueConflict', ['Image', url], { status: 400 });
  }
  const { TransferProtocolType: protocol, WriteProtected: locked, UserName: username, Inserted: inserted } = body;
  const implied = url.startsWith('https:') ? 'HTTPS' : 'HTTP';
  const transferProtocol =
    protocol === undefined ? implied : parameterOneOf(action, 'TransferProtocolType', protocol, protocols);
  for (const [name, value] of Object.entries({ WriteProtected: locked, Inserted: inserted })) {
    if (value !== undefined && typeof value !== 'boolean') {
      throw new RedfishError('ActionParameterValueTypeError', [JSON.stringify(value), name, action]);
    }
  }
  const refused = machine.world.faults.take('bmc.media-refused', machine.name);
  if (refused !== undefined) {
    throw new RedfishError('GeneralError', [refused.message ?? ''], { status: refused.status ?? 400 });
  }
  // A drive holds one medium: what is in it has to come out first.
  if (machine.media[slot] !== undefined) throw new RedfishError('ResourceInUse');
  machine.media[slot] = {
    url,
    transferProtocol,
    writeProtected: locked !== false,
    username: typeof username === 'string' ? username : undefined,
  };
  machine.record('media-inserted', { slot, url });
  machine.mediaChanged(slot);
}

/** Ejecting an empty drive is accepted and is no event. */
export function ejectMedia(request: RedfishRequest): Answer {
  const { insertByPatch, ejectNeedsObject } = request.machine.personality;
  if (insertByPatch) throw new RedfishError('ResourceMissingAtURI', [request.call.path]);
  if (ejectNeedsObject && request.call.body.length === 0) throw new RedfishError('MalformedJSON');
  eject(request);
  return noContent;
}

function eject(request: RedfishRequest): void {
  const { machine } = request;
  const slot = slotOf(request);
  const media = machine.media[slot];
  if (media === undefined) return;
  delete machine.media[slot];
  machine.record('media-ejected', { slot, url: media.url });
  machine.mediaChanged(slot);
}

function isHidden({ call, machine }: RedfishRequest): boolean {
  return machine.personality.mediaUnderManagerOnly && call.path.startsWith('/redfish/v1/Systems/');
}

function slotOf(request: RedfishRequest): MediaSlot {
  const { params, call, machine } = request;
  const slot = machine.slots.find((known) => known === params['slot']);
  if (slot === undefined || isHidden(request)) throw new RedfishError('ResourceMissingAtURI', [call.path]);
  return slot;
}
