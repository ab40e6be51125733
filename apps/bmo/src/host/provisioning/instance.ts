import type { Image } from '@metal3/metal3-api';
import { ironicRootDevice } from '../../hardware/root-device-hints.ts';
import { sameJson, type Json, type JsonObject } from '../../kernel.ts';
import type { NodePatch, NodeSnapshot } from '../../provisioner/node.ts';
import { patchTowards } from '../../provisioner/patch.ts';
import { instanceCapabilities } from '../registration/capabilities.ts';
import type { HostView } from '../view.ts';
import { imageChecksum, isLiveIso } from './image.ts';

/**
 * Fields of the node that describe what to deploy.
 *
 * @param pullSecret "user:password" for an OCI registry
 */
export function instancePatch(view: HostView, node: NodeSnapshot, pullSecret: string | undefined): NodePatch {
  const { host, status, settings } = view;
  const { image, customDeploy } = host.spec;
  const method = customDeploy?.method ?? '';
  const liveIso = method === '' && isLiveIso(image);

  const info = patchTowards('/instance_info', node.instanceInfo, {
    capabilities: instanceCapabilities(status.provisioning.bootMode),
    root_device: ironicRootDevice(status.provisioning.rootDeviceHints),
    ...imageFields(image, liveIso),
    ...(liveIso ? {} : { image_disk_format: image?.format ?? null, image_pull_secret: pullSecret ?? null }),
  });
  const forced = settings.forcePersistentBootDevice;
  return [
    ...patchTowards('', { instance_uuid: node.instanceUuid || null }, { instance_uuid: host.metadata.uid ?? null }),
    ...info,
    ...deployInterface(view, node, liveIso, method),
    ...(method === ''
      ? patchTowards('/driver_info', node.driverInfo, {
          force_persistent_boot_device: (liveIso ? forced.liveIso : forced.directDeploy) || 'Default',
        })
      : []),
  ];
}

const noImage = {
  boot_iso: null,
  image_source: null,
  image_checksum: null,
  image_os_hash_algo: null,
  image_os_hash_value: null,
} as const satisfies Record<string, Json>;

/** `instance_info` keys that name the image and its checksum; null: must be absent. */
export function imageFields(image: Image | undefined, liveIso: boolean): Readonly<Record<keyof typeof noImage, Json>> {
  if (image === undefined || image.url === '') return noImage;
  if (liveIso) return { ...noImage, boot_iso: image.url };
  const checksum = imageChecksum(image);
  switch (checksum.kind) {
    case 'typed':
      return {
        ...noImage,
        image_source: image.url,
        image_os_hash_algo: checksum.algorithm,
        image_os_hash_value: checksum.value,
      };
    case 'untyped':
      return { ...noImage, image_source: image.url, image_checksum: checksum.value };
    default:
      return { ...noImage, image_source: image.url };
  }
}

/** Whether the node's last deployment was of this very image. */
export function describesSameImage(instanceInfo: JsonObject, image: Image | undefined, liveIso: boolean): boolean {
  const wanted = imageFields(image, liveIso);
  return Object.entries(wanted).every(([key, value]) => sameJson(instanceInfo[key] ?? null, value));
}

/** Where Ironic was told to take the image from; undefined when it was told of none. */
export function orderedImageUrl(instanceInfo: JsonObject): string | undefined {
  const url = instanceInfo['image_source'] ?? instanceInfo['boot_iso'];
  return typeof url === 'string' && url !== '' ? url : undefined;
}

function deployInterface({ bmc }: HostView, node: NodeSnapshot, liveIso: boolean, method: string): NodePatch {
  if (bmc.kind === 'known' && bmc.access.driver.fixedDeployInterface !== undefined) return [];
  const actual = { deploy_interface: node.deployInterface };
  if (method !== '') return patchTowards('', actual, { deploy_interface: 'custom-agent' });
  if (liveIso) return patchTowards('', actual, { deploy_interface: 'ramdisk' });
  return ['ramdisk', 'custom-agent'].includes(node.deployInterface)
    ? [{ op: 'remove', path: '/deploy_interface' }]
    : [];
}

/** Deploy steps of a custom deployment. */
export function deploySteps(method: string): readonly JsonObject[] {
  return [{ interface: 'deploy', step: method, args: {}, priority: 80 }];
}
