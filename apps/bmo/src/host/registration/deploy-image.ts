import type { BmcDriver } from '../../bmc/drivers.ts';
import type { Json } from '../../kernel.ts';
import type { AgentImage } from '../preprovisioning-image/decide.ts';
import type { DeployImageSettings } from '../view.ts';

/**
 * Keys of `driver_info` that say what the agent boots from; null removes a key. undefined leaves the choice to Ironic's own
 * configuration.
 *
 * @param image built for this host; undefined where images are not built for each host
 */
export function deployImage(
  { isoUrl, kernelUrl, ramdiskUrl }: DeployImageSettings,
  driver: BmcDriver,
  image: AgentImage | undefined,
): Readonly<Record<string, Json>> | undefined {
  if (image !== undefined) return image.kind === 'usable' ? fromImage(image) : undefined;
  if (isoUrl !== '' && driver.bootsIso) {
    return { deploy_iso: isoUrl, deploy_kernel: null, deploy_ramdisk: null, kernel_append_params: null };
  }
  if (kernelUrl !== '' && ramdiskUrl !== '') {
    return { deploy_iso: null, deploy_kernel: kernelUrl, deploy_ramdisk: ramdiskUrl, kernel_append_params: null };
  }
  return undefined;
}

function fromImage({ format, imageUrl, kernelUrl, kernelParams }: Extract<AgentImage, { kind: 'usable' }>) {
  if (format === 'iso') {
    return { deploy_iso: imageUrl, deploy_kernel: null, deploy_ramdisk: null, kernel_append_params: null };
  }
  return {
    deploy_iso: null,
    deploy_kernel: kernelUrl,
    deploy_ramdisk: imageUrl,
    kernel_append_params: kernelParams === '' ? null : `%default% ${kernelParams}`,
  };
}
