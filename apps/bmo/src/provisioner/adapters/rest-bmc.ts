import type { Json } from '../../kernel.ts';
import { mediaOf, type NodeBmc } from '../bmc.ts';
import { ProvisionerError } from '../errors.ts';
import type { NodeSnapshot } from '../node.ts';
import { subscriptionsBy, type VendorPassthru } from '../subscriptions.ts';
import type { RestClient } from './rest-client.ts';
import { text } from './rest-nodes.ts';

/** First API version that lists what is in virtual drives. */
const listsMedia = 93;

export function restBmc(client: RestClient): NodeBmc {
  const pathOf = ({ uuid }: NodeSnapshot): string => `nodes/${encodeURIComponent(uuid)}`;
  const passthru: VendorPassthru = (node, http, method, body) =>
    client.call(http, `${pathOf(node)}/vendor_passthru?method=${method}`, body);
  return {
    async readMedia(node) {
      const { reservation } = await client.call('GET', `${pathOf(node)}?fields=reservation`);
      if (client.version < listsMedia) {
        throw new ProvisionerError('refused', `virtual media need an Ironic that speaks 1.${listsMedia} or newer`);
      }
      if (text(reservation) !== '') {
        throw new ProvisionerError('busy', `Node ${node.uuid} is locked by host ${text(reservation)}`);
      }
      // A list, where everything else in this API is an object.
      return mediaOf((await client.call('GET', `${pathOf(node)}/vmedia`)) as unknown as Json);
    },
    async attachMedia(node, imageUrl) {
      await client.call('POST', `${pathOf(node)}/vmedia`, { device_type: 'cdrom', image_url: imageUrl });
    },
    async detachMedia(node) {
      await client.call('DELETE', `${pathOf(node)}/vmedia?device_types=cdrom`);
    },

    ...subscriptionsBy(passthru),
  };
}
