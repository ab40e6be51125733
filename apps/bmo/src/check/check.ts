import type { Kind } from '@metal3/kube-client';
import { type CheckedRelease, fieldRefused, kindServed } from '@metal3/kube-controller';
import type { ReleaseStep } from '@metal3/service';
import { bareMetalHost, firmwareSchema, hardwareData, hostFirmwareSettings } from '@metal3/metal3-api';

/** What must hold before a release can be said to work. */
export function bmoSteps({ client, namespace, webhooks }: CheckedRelease): readonly ReleaseStep[] {
  const kinds = [bareMetalHost, hardwareData, hostFirmwareSettings, firmwareSchema];
  const tryHost = (address: string, signal: AbortSignal) =>
    client.create(
      bareMetalHost,
      {
        metadata: { namespace, name: 'metal3-bmo-check' },
        spec: { online: false, bmc: { address, credentialsName: 'metal3-bmo-check' } },
      },
      { dryRun: true, signal },
    );
  return [
    ...kinds.map((kind) => kindServed(client, kind as Kind, namespace)),
    ['a good host is let in', async (signal) => void (await tryHost('redfish://192.0.2.1', signal))],
    ...(webhooks
      ? [
          fieldRefused('the webhook refuses a BMC of an unknown type', 'spec.bmc.address', (signal) =>
            tryHost('no-such-type://192.0.2.1', signal),
          ),
        ]
      : []),
  ];
}
