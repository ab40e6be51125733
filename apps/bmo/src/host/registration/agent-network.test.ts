import { expect, test } from '@jest/globals';
import { readAgentNetwork } from './agent-network.ts';

const secrets: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  yaml: { networkData: 'links:\n- id: card\n' },
  json: { networkData: '{"links": [{"id": "card"}]}' },
  value: { value: '{"links": [{"id": "card"}]}' },
  empty: { networkData: '' },
  list: { networkData: '[]' },
  broken: { networkData: 'links: [' },
};
const network = (name: string | undefined) =>
  readAgentNetwork(
    {
      ...{ apiVersion: 'metal3.io/v1alpha1', kind: 'BareMetalHost' },
      metadata: { namespace: 'metal', name: 'host-1' },
      spec: { online: true, ...(name === undefined ? {} : { preprovisioningNetworkDataName: name }) },
    },
    {
      findAgentNetwork: async ({ spec: { preprovisioningNetworkDataName: secret = '' } }) => {
        const data = secrets[secret];
        const version = { name: secret, namespace: 'metal', resourceVersion: '1' };
        return data === undefined ? undefined : { data, version, type: 'Opaque' };
      },
    },
  );
const links = { kind: 'wanted', data: { links: [{ id: 'card' }] }, version: '1' };

test.each([
  ['a host that names no Secret wants nothing', undefined, { kind: 'unsaid' }],
  ['YAML is understood', 'yaml', links],
  ['JSON is understood', 'json', links],
  ['the key may be value', 'value', links],
  ['an empty text wants nothing', 'empty', { kind: 'unsaid', version: '1' }],
  ['a list is no network data', 'list', { kind: 'unusable', message: expect.stringContaining('must be a map') }],
  ['what cannot be parsed is named', 'broken', { kind: 'unusable', message: expect.stringContaining('"broken"') }],
  ['a Secret that is not there is named', 'absent', { kind: 'unusable', message: expect.stringContaining('"absent"') }],
])('%s', async (_, name, wanted) => {
  expect(await network(name)).toEqual(wanted);
});
