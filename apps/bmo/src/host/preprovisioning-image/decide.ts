import type { PreprovisioningImageSpec } from '@metal3/metal3-api';
import type { BmcDriver } from '../../bmc/drivers.ts';
import { hostArchitecture } from '../../hardware/architecture.ts';
import { sameJson, type Seconds } from '../../kernel.ts';
import { finalizers } from '../annotations.ts';
import type { Decision } from '../decision.ts';
import { cleaningWanted, type HostView } from '../view.ts';

/** What is known of the image that the agent of a host boots from, where images are built for each host. */
export type AgentImage =
  | {
      readonly kind: 'usable';
      readonly format: 'iso' | 'initrd';
      readonly imageUrl: string;
      readonly kernelUrl: string;
      readonly kernelParams: string;
    }
  | { readonly kind: 'pending' }
  | { readonly kind: 'failed'; readonly message: string };

/** Images wake the host by themselves; this is for the case that one was missed. */
const pendingRecheck: Seconds = 300;

/** Sees to it that the host's PreprovisioningImage asks for what the host needs. undefined once it does, or none is needed. */
export function decideImageObject(view: HostView, driver: BmcDriver): Decision | undefined {
  if (!wantsImage(view)) return undefined;
  const { preprovisioningImage: image, host } = view;
  const spec = wantedSpec(view, driver);
  const labels = Object.entries(host.metadata.labels ?? {});
  const fits =
    image !== undefined &&
    sameJson(image.spec, spec) &&
    image.metadata.finalizers?.includes(finalizers.preprovisioningImage) === true &&
    labels.every(([name, value]) => image.metadata.labels?.[name] === value);
  // One that is going is used as it is, and made again when it has gone.
  if (fits || image?.metadata.deletionTimestamp !== undefined) {
    const found = agentImage(view, driver);
    return found?.kind === 'failed' ? { kind: 'fail', type: 'registration error', message: found.message } : undefined;
  }
  return { kind: 'keep-image', spec };
}

/** Agents cannot be started without an image: whatever needs one waits for it. */
export function awaitImage(view: HostView, driver: BmcDriver): Decision | undefined {
  const { host, state, status } = view;
  const starts =
    state === 'inspecting' ||
    state === 'preparing' ||
    state === 'deprovisioning' ||
    status.operationalStatus === 'servicing';
  if (!starts || !wantsImage(view) || agentImage(view, driver)?.kind === 'usable') return undefined;
  const reason = `PreprovisioningImage ${host.metadata.name ?? ''} is not ready yet`;
  return { kind: 'wait', reason, recheckIn: pendingRecheck };
}

/** undefined where images are not built for each host. */
export function agentImage(view: HostView, driver: BmcDriver): AgentImage | undefined {
  const { preprovisioningImage: image, settings, agentNetwork } = view;
  if (!settings.buildsImages) return undefined;
  if (!wantsImage(view) || image?.status === undefined) return { kind: 'pending' };
  const { status, metadata } = image;
  const { architecture, networkDataName = '', acceptFormats = [] } = wantedSpec(view, driver);
  const { name: network = '', version = '' } = status.networkData ?? {};
  const wantedVersion = networkDataName === '' || agentNetwork.kind === 'unusable' ? '' : (agentNetwork.version ?? '');
  const fits =
    status.architecture === architecture &&
    status.format !== undefined &&
    acceptFormats.includes(status.format) &&
    network === networkDataName &&
    version === wantedVersion;
  const error = status.conditions?.find(({ type, status: is }) => type === 'Error' && is === 'True');
  if (error !== undefined && error.observedGeneration === metadata.generation) {
    return { kind: 'failed', message: `PreprovisioningImage: ${error.message || error.reason}` };
  }
  const ready = status.conditions?.find(({ type, status: is }) => type === 'Ready' && is === 'True');
  const { format, imageUrl = '', kernelUrl = '', extraKernelParams: kernelParams = '' } = status;
  if (!fits || format === undefined || ready?.observedGeneration !== metadata.generation || imageUrl === '') {
    return { kind: 'pending' };
  }
  if (format === 'initrd' && kernelUrl === '' && settings.deployImage.kernelUrl === '') {
    return { kind: 'failed', message: 'PreprovisioningImage is an initrd without a kernel: set DEPLOY_KERNEL_URL' };
  }
  return { kind: 'usable', format, imageUrl, kernelUrl: kernelUrl || settings.deployImage.kernelUrl, kernelParams };
}

function wantedSpec({ host, status, settings }: HostView, driver: BmcDriver): PreprovisioningImageSpec {
  const { preprovisioningNetworkDataName: networkDataName } = host.spec;
  return {
    architecture: hostArchitecture({ ...host, status }, settings.ownArchitecture),
    acceptFormats: driver.bootsIso ? ['iso', 'initrd'] : ['initrd'],
    ...(networkDataName ? { networkDataName } : {}),
  };
}

/** No agent is started in the other states. */
function wantsImage({ settings, state, status, host }: HostView): boolean {
  if (!settings.buildsImages) return false;
  switch (state) {
    case 'registering':
    case 'deleting':
    case 'powering off before delete':
      return false;
    case 'provisioned':
    case 'externally provisioned':
      return status.operationalStatus === 'servicing';
    case 'deprovisioning':
      return cleaningWanted(host);
    case 'inspecting':
      return host.spec.inspectionMode !== 'fast';
    default:
      return true;
  }
}
