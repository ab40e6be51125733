import { infrastructureKinds, ipamKinds, metal3Kinds, type KindDefinition } from '@metal3/metal3-api';
import { renderCrd } from './render.ts';

/** Which chart ships which kinds. */
const chartKinds: Readonly<Record<string, readonly KindDefinition<unknown>[]>> = {
  bmo: metal3Kinds,
  capm3: infrastructureKinds,
  ipam: ipamKinds,
};

/** Path below the repository root to content, of every generated CRD manifest. */
export function crdArtefacts(): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(chartKinds).flatMap(([chart, kinds]) =>
      kinds.map((kind) => [`charts/${chart}/files/crds/${kind.group}_${kind.plural}.yaml`, renderCrd(kind)] as const),
    ),
  );
}
