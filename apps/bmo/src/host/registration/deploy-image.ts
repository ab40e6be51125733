import type { BmcDriver } from '../../bmc/drivers.ts';
import type { Json } from '../../kernel.ts';
import type { DeployImageSettings } from '../view.ts';

/**
 * Keys of `driver_info` that say what the agent boots from; null removes a key. undefined leaves the choice to Ironic's own
 * configuration.
 */
export function deployImage(
  { isoUrl, kernelUrl, ramdiskUrl }: DeployImageSettings,
  driver: BmcDriver,
): Readonly<Record<string, Json>> | undefined {
  if (isoUrl !== '' && driver.bootsIso) {
    return { deploy_iso: isoUrl, deploy_kernel: null, deploy_ramdisk: null, kernel_append_params: null };
  }
  if (kernelUrl !== '' && ramdiskUrl !== '') {
    return { deploy_iso: null, deploy_kernel: kernelUrl, deploy_ramdisk: ramdiskUrl, kernel_append_params: null };
  }
  return undefined;
}
