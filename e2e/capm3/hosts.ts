import { isKubeError, type Kubernetes, secret } from '@metal3/kube-client';
import { bareMetalHost, type BareMetalHost } from '@metal3/metal3-api';

/** BareMetalHosts that do as they are told, in place of an operator with machines. */
export interface Hosts {
  make(name: string): Promise<void>;
  list(): Promise<readonly BareMetalHost[]>;
  /** How often a host was powered off while it was in use. */
  restarts(name: string): number;
  /** URLs of all images that a host was provisioned with, in their order. */
  images(name: string): readonly string[];
  stop(): Promise<void>;
}

const pausedAnnotation = 'baremetalhost.metal3.io/paused';
const statusAnnotation = 'baremetalhost.metal3.io/status';

export function obedientHosts(api: Kubernetes, namespace: string): Hosts {
  const stopping = new AbortController();
  const { signal } = stopping;
  const restarts = new Map<string, number>();
  const images = new Map<string, readonly string[]>();

  const setState = async (name: string, state: string, poweredOn: boolean): Promise<void> => {
    const status = {
      operationalStatus: 'OK',
      errorMessage: '',
      errorCount: 0,
      provisioningFailCount: 0,
      poweredOn,
      provisioning: { state, ID: name },
      hardware: { hostname: name, nics: [{ name: 'eth0', mac: '52:54:00:00:00:01', ip: '192.0.2.7' }] },
    };
    await api.patchStatus(bareMetalHost, { namespace, name }, { type: 'merge', body: { status } });
  };
  /** What came from another management cluster brings its status along in an annotation. */
  const restore = async (name: string, kept: string): Promise<void> => {
    const status = JSON.parse(kept) as object;
    await api.patchStatus(bareMetalHost, { namespace, name }, { type: 'merge', body: { status } });
    const body = { metadata: { annotations: { [statusAnnotation]: null } } };
    await api.patch(bareMetalHost, { namespace, name }, { type: 'merge', body });
  };
  const obey = async ({ metadata, spec, status }: BareMetalHost): Promise<void> => {
    const kept = metadata.annotations?.[statusAnnotation];
    if (status?.provisioning === undefined && kept !== undefined) return restore(metadata.name ?? '', kept);
    if (metadata.annotations?.[pausedAnnotation] !== undefined) return;
    const state = spec.image === undefined ? 'available' : 'provisioned';
    const name = metadata.name ?? '';
    const isHeldOff = Object.keys(metadata.annotations ?? {}).some((key) => key.startsWith('reboot.metal3.io/'));
    const poweredOn = spec.online && !isHeldOff;
    if (status?.provisioning.state === state && status.poweredOn === poweredOn) return;
    const url = spec.image?.url;
    if (status?.provisioning.state !== state && url !== undefined) images.set(name, [...(images.get(name) ?? []), url]);
    await setState(name, state, poweredOn);
    if (status?.poweredOn === true && isHeldOff) restarts.set(name, (restarts.get(name) ?? 0) + 1);
  };
  const obeying = (async () => {
    while (!signal.aborted) {
      try {
        for await (const event of api.watch(bareMetalHost, { namespace, signal })) {
          if (event.type === 'ADDED' || event.type === 'MODIFIED') await obey(event.object);
        }
      } catch (error) {
        if (!signal.aborted && !isKubeError(error)) throw error;
      }
    }
  })();

  return {
    async make(name) {
      const credentialsName = `${name}-bmc`;
      const bmc = { address: `redfish+http://192.0.2.200/${name}`, credentialsName };
      const made = await api.create(bareMetalHost, { metadata: { namespace, name }, spec: { online: false, bmc } });
      const owner = { apiVersion: made.apiVersion, kind: made.kind, name, uid: made.metadata.uid ?? '' };
      await api.create(secret, { metadata: { namespace, name: credentialsName, ownerReferences: [owner] } });
    },
    restarts: (name) => restarts.get(name) ?? 0,
    images: (name) => images.get(name) ?? [],
    list: async () => (await api.list(bareMetalHost, { namespace })).items,
    async stop() {
      stopping.abort();
      await obeying;
    },
  };
}
