/**
 * Whether a cluster evicts Pods of Nodes that are marked out of service: from Kubernetes 1.28 on, where that is generally available.
 * Vendors append to the minor version, such as "28+". @param version what the API server answers at /version
 */
export function knowsOutOfService(version: string): boolean {
  const { major = '0', minor = '0' } = JSON.parse(version) as { readonly major?: string; readonly minor?: string };
  const [majorNumber, minorNumber] = [Number.parseInt(major, 10), Number.parseInt(minor, 10)];
  return majorNumber > 1 || (majorNumber === 1 && minorNumber >= 28);
}
