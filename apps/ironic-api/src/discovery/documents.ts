import { linkPair, type Link } from '../http/links.ts';
import { maximumMinor, minimumMinor } from '../http/microversion.ts';

const v1 = (base: string) => ({
  id: 'v1',
  links: [{ href: `${base}/v1/`, rel: 'self' }],
  status: 'CURRENT',
  min_version: `1.${minimumMinor}`,
  version: `1.${maximumMinor}`,
});

/** GET /: which versions there are. */
export const rootDocument = (base: string) => ({
  name: 'OpenStack Ironic API',
  description: 'Ironic is an OpenStack project which enables the provision and management of baremetal machines.',
  default_version: v1(base),
  versions: [v1(base)],
});

/** The resources of the version document, in upstream's order, with the minor version that shows them first. */
const listed: ReadonlyArray<readonly [name: string, since: number]> = [
  ['portgroups', 23],
  ['volume', 32],
  ['lookup', 22],
  ['heartbeat', 22],
  ['conductors', 49],
  ['allocations', 52],
  ['events', 54],
  ['deploy_templates', 55],
  ['shards', 82],
  ['runbooks', 92],
  ['continue_inspection', 84],
  ['inspection_rules', 96],
];

/** GET /v1: the resources of API v1 as this version shows them. Clients read the version range from it. */
export function v1Document(base: string, minor: number): Record<string, unknown> {
  const resource = (name: string): readonly Link[] => linkPair(base, `${name}/`);
  const { id, status, min_version, version, links } = v1(base);
  return {
    id,
    links: [
      ...links,
      {
        href: 'https://docs.openstack.org//ironic/latest/contributor//webapi.html',
        rel: 'describedby',
        type: 'text/html',
      },
    ],
    media_types: { base: 'application/json', type: 'application/vnd.openstack.ironic.v1+json' },
    chassis: resource('chassis'),
    nodes: resource('nodes'),
    ports: resource('ports'),
    drivers: resource('drivers'),
    version: { id, links, status, min_version, version },
    ...Object.fromEntries(listed.filter(([, since]) => since <= minor).map(([name]) => [name, resource(name)])),
  };
}
