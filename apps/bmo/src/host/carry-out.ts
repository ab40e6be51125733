import type { JsonObject } from '../kernel.ts';
import type { NodeSnapshot, PowerTarget } from '../provisioner/node.ts';
import { ProvisionerError } from '../provisioner/errors.ts';
import type { Provisioner } from '../provisioner/ports.ts';
import type { NodeRequest } from './decision.ts';

/** Asks one thing of a node and answers with the node as it then is; undefined when it is gone. */
export async function carryOut(
  request: NodeRequest,
  node: NodeSnapshot | undefined,
  provisioner: Provisioner,
): Promise<NodeSnapshot | undefined> {
  if (request.do === 'create') return enrol(request.body, provisioner);
  if (node === undefined) throw new ProvisionerError('absent', `there is no node to ${request.do}`);
  switch (request.do) {
    case 'patch':
      return provisioner.patchNode(node, request.patch);
    case 'verb':
      return provisioner.setProvisionState(node, request.verb, request.args);
    case 'maintenance':
      return provisioner.setMaintenance(node, request.on, request.reason);
    case 'raid':
      return provisioner.setTargetRaid(node, request.config);
    case 'attach-media':
      await provisioner.attachMedia(node, request.url);
      return node;
    case 'detach-media':
      await provisioner.detachMedia(node);
      return node;
    case 'delete':
      await provisioner.deleteNode(node);
      return undefined;
    case 'power':
      try {
        return await provisioner.setPowerState(node, request.target, request.timeoutSeconds);
      } catch (error) {
        // Not every BMC can ask the operating system to shut down.
        const hard = hardForm(request.target);
        if (hard === undefined || !(error instanceof ProvisionerError) || error.code !== 'refused') throw error;
        return provisioner.setPowerState(node, hard);
      }
  }
}

/** A node of this name that was not there a moment ago is our own, of an attempt that did not live to tell. */
async function enrol(body: JsonObject, provisioner: Provisioner): Promise<NodeSnapshot> {
  try {
    return await provisioner.createNode(body);
  } catch (error) {
    if (!(error instanceof ProvisionerError) || error.code !== 'conflict') throw error;
    throw new ProvisionerError('busy', error.message, { cause: error });
  }
}

function hardForm(target: PowerTarget): PowerTarget | undefined {
  if (target === 'soft power off') return 'power off';
  return target === 'soft rebooting' ? 'rebooting' : undefined;
}
