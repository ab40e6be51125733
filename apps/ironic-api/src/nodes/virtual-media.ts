import { type JsonObject, type Node, speaksRedfish } from '@metal3/node';
import { Fault, invalid } from '../faults.ts';
import { schemaCheck } from '../http/schema.ts';

/** Kinds of device an image may be attached to. */
export const deviceTypes: readonly string[] = ['cdrom', 'disk', 'floppy', 'dvd', 'usbstick'];

const check = schemaCheck('vmedia', {
  type: 'object',
  properties: {
    device_type: { type: 'string' },
    image_url: { type: 'string' },
    image_download_source: { enum: ['http', 'local', 'swift', null] },
  },
  required: ['device_type', 'image_url'],
  additionalProperties: false,
});

/** What to attach, from the body of POST .../vmedia. @throws Fault (400) */
export function readMedium(body: Readonly<Record<string, unknown>>): JsonObject {
  check(body);
  const { device_type, image_url, image_download_source } = body as Record<string, string | null>;
  if (device_type === undefined || device_type === null || !deviceTypes.includes(device_type)) {
    throw invalid(`Invalid virtual media device type ${String(device_type)}; use ${deviceTypes.join(', ')}`);
  }
  if (!/^(https?|nfs|cifs|file):\/\/\S+$/i.test(String(image_url))) {
    throw invalid(`Unsupported URL scheme in image_url; use http, https, nfs, cifs or file`);
  }
  return { device_type, image_url: image_url ?? '', image_download_source: image_download_source ?? 'local' };
}

/**
 * Of fake hardware requests are taken, as in Ironic; the node's last error then says that it has no such thing.
 *
 * @throws Fault (400) when the node's management interface has no virtual media
 */
export function checkMediaNode({ driver, interfaces }: Node, method = 'attach_virtual_media'): void {
  if (speaksRedfish(interfaces.management)) return;
  if (interfaces.management === 'fake' && method !== 'get_virtual_media') return;
  throw new Fault('unsupported', `Driver ${driver} does not support ${method} (disabled or not implemented).`);
}
