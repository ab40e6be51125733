import { stringify } from 'yaml';

/** Which contract of Cluster API the releases of one minor version keep. */
export interface ReleaseSeries {
  readonly major: number;
  readonly minor: number;
  readonly contract: string;
}

/**
 * metadata.yaml of a release. clusterctl reads it strictly, and wants to find in it every version that is installed somewhere, or is to
 * be.
 *
 * @throws Error when the version belongs to none of the series
 */
export function metadataOf(version: string, series: readonly ReleaseSeries[]): string {
  const [, major, minor] = /^v(\d+)\.(\d+)\.\d+(?:-[0-9A-Za-z.-]+)?$/.exec(version) ?? [];
  if (major === undefined || minor === undefined) throw new Error(`${version} is no version: write v1.2.3`);
  const known = series.some((one) => one.major === Number(major) && one.minor === Number(minor));
  if (!known) throw new Error(`add the series ${major}.${minor} and its contract to tools/clusterctl/src/provider.ts`);
  return stringify({
    apiVersion: 'clusterctl.cluster.x-k8s.io/v1alpha3',
    kind: 'Metadata',
    releaseSeries: series.map(({ major: ma, minor: mi, contract }) => ({ major: ma, minor: mi, contract })),
  });
}
