import type { Node } from '@metal3/node';
import type { BootEntry } from '@metal3/node-store';

/**
 * The URL under which a node's BMC and firmware reach what pxe-server serves: below the `external_http_url` of the driver information where the
 * node has one, as of BMCs that speak IPv6 alone. What others serve stays where it is.
 */
export function reachedUrl(
  { driverInfo }: Pick<Node, 'driverInfo'>,
  { capability }: Pick<BootEntry, 'capability'>,
  url: string,
): string {
  const external = driverInfo['external_http_url'];
  const path = url.indexOf(`/boot/${capability}/`);
  if (typeof external !== 'string' || external === '' || path < 0) return url;
  return external.replace(/\/+$/, '') + url.slice(path);
}
