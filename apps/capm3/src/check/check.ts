import type { Kind } from '@metal3/kube-client';
import { type CheckedRelease, fieldRefused, kindServed } from '@metal3/kube-controller';
import type { ReleaseStep } from '@metal3/service';
import {
  metal3Cluster,
  metal3DataTemplate,
  metal3Machine,
  metal3MachineTemplate,
  metal3Remediation,
} from '@metal3/metal3-api';

/** What must hold before a release can be said to work. */
export function capm3Steps({ client, namespace, webhooks }: CheckedRelease): readonly ReleaseStep[] {
  const kinds = [metal3Cluster, metal3Machine, metal3MachineTemplate, metal3DataTemplate, metal3Remediation];
  const url = 'http://images.example/os.raw';
  const tryMachine = (kind: Kind, checksum: string, signal: AbortSignal) =>
    client.create(
      kind,
      { metadata: { namespace, name: 'metal3-capm3-check' }, spec: { image: { url, checksum } } } as never,
      { dryRun: true, signal },
    );
  const letIn = (what: string, kind: Kind): ReleaseStep => [
    what,
    async (signal) => void (await tryMachine(kind, 'abc', signal)),
  ];
  return [
    ...kinds.map((kind) => kindServed(client, kind as Kind, namespace)),
    letIn('a good machine is let in', metal3Machine as Kind),
    ...(webhooks
      ? [
          letIn('one of the deprecated v1beta1, too', { ...metal3Machine, version: 'v1beta1' } as Kind),
          fieldRefused('the webhook refuses an image without a checksum', 'spec.image.checksum', (signal) =>
            tryMachine(metal3Machine as Kind, '', signal),
          ),
        ]
      : []),
  ];
}
