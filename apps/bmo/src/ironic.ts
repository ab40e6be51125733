import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { nodeClient } from '@metal3/ironic-client';
import { errorTable, type Part, type Service } from '@metal3/service';
import type { BmoConfig } from './config.ts';
import { grpcProvisioner } from './provisioner/adapters/grpc.ts';
import { restClient } from './provisioner/adapters/rest-client.ts';
import { restProvisioner } from './provisioner/adapters/rest.ts';
import { followedByMany } from './provisioner/change-feed.ts';
import type { Provisioner } from './provisioner/ports.ts';

const errors = errorTable({
  noIronic: {
    code: 'BMO-NO-IRONIC',
    class: 'config',
    remedy:
      'Set IRONIC_GRPC_ADDRESS to the NodeService of ironic-api, or IRONIC_ENDPOINT to the REST API of any Ironic.',
  },
  emptyCredentials: {
    code: 'BMO-IRONIC-CREDENTIALS',
    class: 'config',
    remedy: 'Write both files, or remove the folder to use Ironic without authentication.',
  },
});

/** The Ironic to use, by the adapter that the configuration names. @throws CodedError BMO-NO-IRONIC, BMO-IRONIC-CREDENTIALS */
export function connectIronic(
  { ironic }: BmoConfig,
  { clock, random }: Pick<Service, 'clock' | 'random'>,
): { readonly provisioner: Provisioner; readonly parts: readonly Part[] } {
  if (ironic.grpcAddress !== '') {
    const client = nodeClient({
      address: ironic.grpcAddress,
      tlsCaFile: ironic.grpcTlsCaFile,
      tlsCertFile: ironic.grpcTlsCertFile,
      tlsKeyFile: ironic.grpcTlsKeyFile,
      tokenFile: ironic.grpcTokenFile,
      timeout: ironic.timeout,
    });
    const { provisioner, part } = grpcProvisioner(client, () => random.uuid());
    return { provisioner: shared(provisioner), parts: [part] };
  }
  if (ironic.endpoint === '') throw errors.noIronic('no Ironic is configured');
  const client = restClient({
    endpoint: ironic.endpoint,
    timeoutMs: ironic.timeout,
    basicAuth: basicCredentials(join(ironic.authRoot, 'ironic')),
    tls: {
      ca: contentOf(ironic.caFile),
      cert: contentOf(ironic.clientCertFile),
      key: contentOf(ironic.clientKeyFile),
      insecure: ironic.insecure,
      skipNameCheck: ironic.skipNameCheck,
    },
  });
  return {
    provisioner: shared(restProvisioner({ client, clock, busyTickMs: ironic.busyTick, idleTickMs: ironic.idleTick })),
    parts: [{ name: 'Ironic connections', start: async () => {}, stop: () => client.close() }],
  };
}

/** For all controllers at once. The adapter's features change as it learns: they are not copied. */
function shared(provisioner: Provisioner): Provisioner {
  return Object.assign(provisioner, { changes: followedByMany(provisioner.changes) });
}

function contentOf(path: string): string | undefined {
  return path !== '' && existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}

function basicCredentials(folder: string): { readonly username: string; readonly password: string } | undefined {
  if (!existsSync(folder)) return undefined;
  const [username = '', password = ''] = ['username', 'password'].map((name) => contentOf(join(folder, name))?.trim());
  if (username === '' || password === '') throw errors.emptyCredentials(`${folder} has no username or no password`);
  return { username, password };
}
