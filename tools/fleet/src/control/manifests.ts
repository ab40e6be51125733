import type { MachineIdentity } from '../machine/identity.ts';

export interface ManifestOptions {
  readonly namespace: string;
  /** `http://127.0.0.1:8000` or the https one. */
  readonly bmcUrl: string;
  /** Where test images are served; with `image` it goes into spec.image. */
  readonly filesUrl: string;
  readonly image: 'none' | 'raw' | 'qcow2';
  readonly online: boolean;
  /** How the BMC is addressed: `redfish-virtualmedia` (default), `redfish`, ... */
  readonly driver: string;
}

/** BareMetalHosts and their Secrets for machines, as YAML documents. */
export function manifests(machines: readonly MachineIdentity[], options: ManifestOptions): string {
  return machines.map((machine) => `${secret(machine, options)}---\n${host(machine, options)}`).join('---\n');
}

function secret({ name, account }: MachineIdentity, { namespace }: ManifestOptions): string {
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  return `apiVersion: v1
kind: Secret
metadata:
  name: ${name}-bmc-secret
  namespace: ${namespace}
type: Opaque
data:
  username: ${base64(account.username)}
  password: ${base64(account.password)}
`;
}

function host({ name, uuid, macs }: MachineIdentity, options: ManifestOptions): string {
  const { namespace, bmcUrl, driver, online } = options;
  return `apiVersion: metal3.io/v1alpha1
kind: BareMetalHost
metadata:
  name: ${name}
  namespace: ${namespace}
spec:
  online: ${online}
  bootMACAddress: "${macs[0]}"
  bootMode: UEFI
  bmc:
    address: ${driver}+${bmcUrl}/redfish/v1/Systems/${uuid}
    credentialsName: ${name}-bmc-secret
    disableCertificateVerification: ${bmcUrl.startsWith('https:')}
${image(options)}`;
}

function image({ image: format, filesUrl }: ManifestOptions): string {
  if (format === 'none') return '';
  return `  image:
    url: ${filesUrl}/images/tiny.${format}
    checksum: ${filesUrl}/images/tiny.${format}.sha256sum
    checksumType: sha256
    format: ${format}
`;
}
