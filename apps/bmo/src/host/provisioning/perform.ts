import type { BareMetalHost, SecretReference } from '@metal3/metal3-api';
import type { JsonObject } from '../../kernel.ts';
import type { NodeSnapshot } from '../../provisioner/node.ts';
import type { Provisioner } from '../../provisioner/ports.ts';
import type { HostStore } from '../ports.ts';
import type { HostView } from '../view.ts';
import { configDrive, HostConfigDataError, secretValue, type HostConfigData } from './config-drive.ts';
import { isLiveIso } from './image.ts';
import { deploySteps, instancePatch } from './instance.ts';
import { pullSecret, PullSecretError, pullSecretName } from './pull-secret.ts';

export type DeployOutcome =
  { readonly kind: 'accepted'; readonly node: NodeSnapshot } | { readonly kind: 'invalid'; readonly message: string };

/**
 * Puts image and config drive on record in Ironic and asks for deployment.
 *
 * @throws HostConfigDataError, PullSecretError, ProvisionerError
 */
export async function deploy(
  view: HostView,
  node: NodeSnapshot,
  { provisioner, store }: { readonly provisioner: Provisioner; readonly store: HostStore },
): Promise<DeployOutcome> {
  const { host } = view;
  const method = host.spec.customDeploy?.method ?? '';
  const liveIso = method === '' && isLiveIso(host.spec.image);
  const drive: JsonObject = liveIso ? {} : configDrive(identityOf(host), await configData(host, store));

  const patch = instancePatch(view, node, await registryCredentials(host, store));
  const described = patch.length === 0 ? node : await provisioner.patchNode(node, patch);
  const problems = await provisioner.validate(described);
  if (problems.length > 0) return { kind: 'invalid', message: `Host validation failed: ${problems.join('; ')}` };

  const accepted = await provisioner.setProvisionState(described, 'active', {
    configdrive: drive,
    ...(method === '' ? {} : { deploy_steps: deploySteps(method) }),
  });
  return { kind: 'accepted', node: accepted };
}

function identityOf({ metadata }: BareMetalHost): { name: string; namespace: string; uid: string } {
  return { name: metadata.name ?? '', namespace: metadata.namespace ?? '', uid: metadata.uid ?? '' };
}

async function configData({ spec, metadata }: BareMetalHost, store: HostStore): Promise<HostConfigData> {
  const namespace = metadata.namespace ?? '';
  const read = async (hostData: keyof HostConfigData, reference: SecretReference | undefined) => {
    const name = reference?.name ?? '';
    if (name === '') return undefined;
    if (reference?.namespace && reference.namespace !== namespace) {
      throw new HostConfigDataError(hostData, `spec.${hostData} must name a Secret of namespace ${namespace}`);
    }
    const secret = await store.findSecret(namespace, name);
    if (secret === undefined)
      throw new HostConfigDataError(hostData, `Secret "${name}" of spec.${hostData} does not exist`);
    return secretValue(hostData, secret.data, name);
  };
  const network = spec.networkData?.name
    ? spec.networkData
    : spec.preprovisioningNetworkDataName
      ? { name: spec.preprovisioningNetworkDataName }
      : undefined;
  return {
    userData: await read('userData', spec.userData),
    networkData: await read('networkData', network),
    metaData: await read('metaData', spec.metaData),
  };
}

async function registryCredentials({ spec, metadata }: BareMetalHost, store: HostStore): Promise<string | undefined> {
  const name = pullSecretName(spec.image);
  if (name === undefined || spec.image === undefined) return undefined;
  const secret = await store.findSecret(metadata.namespace ?? '', name);
  if (secret === undefined)
    throw new PullSecretError('ImageAuthParseError', `Secret "${name}" of spec.image.ociAuthSecretName does not exist`);
  return pullSecret(spec.image, secret);
}
