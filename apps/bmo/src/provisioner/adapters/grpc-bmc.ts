import { readJson, writeJson, type NodeClient } from '@metal3/ironic-client';
import type { Json } from '../../kernel.ts';
import { mediaOf, type NodeBmc } from '../bmc.ts';
import type { NodeSnapshot } from '../node.ts';
import { subscriptionsBy, type VendorPassthru } from '../subscriptions.ts';

export interface GrpcBmcOptions {
  readonly client: NodeClient;
  readonly requestId: () => string;
  /** Runs a call about a node; failures come out as ProvisionerErrors. */
  readonly call: <Answer>(node: NodeSnapshot, run: () => Promise<Answer>) => Promise<Answer>;
}

export function grpcBmc({ client, requestId, call }: GrpcBmcOptions): NodeBmc {
  const passthru: VendorPassthru = (node, httpMethod, method, args = {}) =>
    call(node, async () => {
      const request = { requestId: requestId(), ident: node.uuid, method, httpMethod };
      const { resultJson } = await client.vendorPassthru({ ...request, argumentsJson: writeJson(args) });
      return jsonOf(resultJson);
    });
  return {
    readMedia: (node) =>
      call(node, async () => mediaOf(jsonOf((await client.listVirtualMedia({ ident: node.uuid })).devicesJson))),
    attachMedia: (node, imageUrl) =>
      call(node, async () => {
        const request = { requestId: requestId(), ident: node.uuid, deviceType: 'cdrom', imageUrl };
        await client.attachVirtualMedia(request);
      }),
    detachMedia: (node) =>
      call(node, async () => {
        await client.detachVirtualMedia({ requestId: requestId(), ident: node.uuid, deviceTypes: ['cdrom'] });
      }),

    ...subscriptionsBy(passthru),
  };
}

function jsonOf(bytes: Uint8Array): Json | undefined {
  return bytes.length === 0 ? undefined : (readJson(bytes) as Json | undefined);
}
