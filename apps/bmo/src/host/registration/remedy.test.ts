import { expect, test } from '@jest/globals';
import { withRemedy } from './remedy.ts';

const host = {
  spec: { online: true, bmc: { address: 'idrac-virtualmedia://192.0.2.1/x', credentialsName: 'host-1-bmc' } },
};

test.each([
  ['wrong credentials', 'GET /redfish/v1/Systems/1: HTTP 401: no session.', 'password in Secret "host-1-bmc"'],
  ['missing privileges', 'POST /redfish/v1/Systems/1: HTTP 403', 'password in Secret "host-1-bmc"'],
  [
    'a hardware type that Ironic lacks',
    'No conductor service registered which supports driver idrac for conductor group "".',
    'idrac-virtualmedia://192.0.2.1/x needs this hardware type in Ironic',
  ],
  [
    'a system that the BMC does not have',
    'https://192.0.2.1 has no system /x for this account; it has 1 systems: /y; set driver_info.redfish_system_id to the path of one',
    'the path in spec.bmc.address, now idrac-virtualmedia://192.0.2.1/x',
  ],
  ['an unknown authority', 'unable to verify the first certificate', 'spec.bmc.disableCertificateVerification'],
])('%s: what Ironic says is followed by what to do', (_, message, remedy) => {
  expect(withRemedy(message, host)).toContain(`${message.replace(/\.$/, '')}: `);
  expect(withRemedy(message, host)).toContain(remedy);
});

test('what nothing more is known about stays as it is', () => {
  expect(withRemedy('no route to host', host)).toBe('no route to host');
});
