import { isKubeError, type Kubernetes } from '@metal3/kube-client';
import { bareMetalHost, type BareMetalHost } from '@metal3/metal3-api';

/** BareMetalHosts that do as they are told, in place of an operator with machines. */
export interface Hosts {
  make(name: string): Promise<void>;
  list(): Promise<readonly BareMetalHost[]>;
  stop(): Promise<void>;
}

export function obedientHosts(api: Kubernetes, namespace: string): Hosts {
  const stopping = new AbortController();
  const { signal } = stopping;

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
  const obey = async ({ metadata, spec, status }: BareMetalHost): Promise<void> => {
    const state = spec.image === undefined ? 'available' : 'provisioned';
    const name = metadata.name ?? '';
    if (status?.provisioning.state !== state) await setState(name, state, spec.online);
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
      await api.create(bareMetalHost, { metadata: { namespace, name }, spec: { online: false } });
    },
    list: async () => (await api.list(bareMetalHost, { namespace })).items,
    async stop() {
      stopping.abort();
      await obeying;
    },
  };
}
