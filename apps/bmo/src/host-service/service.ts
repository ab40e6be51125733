import { implement, type Call, type ServiceImplementation } from '@metal3/grpc';
import { HostService, WatchHostsResponse_Kind as Kind } from '@metal3/host-client';
import { accessGuard, isKubeError, keyOf, parseLabelSelector, type KubeClient } from '@metal3/kube-client';
import { followCache, type Cache } from '@metal3/kube-controller';
import { bareMetalHost, type BareMetalHost } from '@metal3/metal3-api';
import { annotations } from '../host/annotations.ts';
import type { Eyes } from '../host/observe.ts';
import { hostServiceErrors } from './errors.ts';
import { explain } from './explain.ts';
import { hostMessage } from './message.ts';

export interface HostServiceParts {
  readonly hosts: Cache<BareMetalHost>;
  readonly client: Pick<KubeClient, 'create' | 'patch'>;
  readonly eyes: Eyes;
  /** What Ironic is doing with a node, for people; empty if it does not say. */
  readonly progressOf: (nodeUuid: string) => string;
}

const encoder = new TextEncoder();

/** BareMetalHosts by gRPC. Writes are those that a person would make with kubectl; the controller does the rest. */
export function hostService({ hosts, client, eyes, progressOf }: HostServiceParts): ServiceImplementation {
  const access = accessGuard(client, bareMetalHost, hostServiceErrors.forbidden);
  const message = (host: BareMetalHost) => hostMessage(host, progressOf(host.status?.provisioning.ID ?? ''));
  const find = ({ namespace, name }: { namespace: string; name: string }): BareMetalHost => {
    const host = hosts.find({ namespace, name });
    if (host === undefined) throw hostServiceErrors.notFound(`there is no BareMetalHost ${namespace}/${name}`);
    return host;
  };
  const change = async (
    request: { readonly namespace: string; readonly name: string; readonly expectedResourceVersion: string },
    { principal, signal }: Call,
    body: { readonly spec?: object; readonly annotations?: Readonly<Record<string, string>> },
  ) => {
    await access.require(principal, 'patch', request, signal);
    const host = find(request);
    const resourceVersion = request.expectedResourceVersion;
    const metadata = {
      ...(resourceVersion && { resourceVersion }),
      ...(body.annotations && { annotations: body.annotations }),
    };
    try {
      const patch = { ...(body.spec && { spec: body.spec }), metadata };
      return { host: message(await client.patch(bareMetalHost, keyOf(host), { type: 'merge', body: patch })) };
    } catch (error) {
      if (isKubeError(error, 'Conflict')) throw hostServiceErrors.changed(error.message, { cause: error });
      throw error;
    }
  };

  return implement(HostService, {
    async getHost(request, { principal, signal }) {
      await access.require(principal, 'get', request, signal);
      return { host: message(find(request)) };
    },
    async listHosts({ namespace, labelSelector }, { principal, signal }) {
      await access.require(principal, 'list', { namespace }, signal);
      const selected = parseLabelSelector(labelSelector || undefined);
      const where = ({ metadata }: BareMetalHost) => selected(metadata.labels);
      return { hosts: hosts.list({ ...(namespace && { namespace }), where }).map(message) };
    },
    async *watchHosts({ namespace }, { principal, signal }) {
      await access.require(principal, 'watch', { namespace }, signal);
      const wanted = ({ metadata }: BareMetalHost) => namespace === '' || metadata.namespace === namespace;
      for await (const news of followCache(hosts, wanted, signal)) {
        if (news.kind === 'synced') yield { kind: Kind.SYNCED };
        else
          yield {
            kind: kinds[news.kind],
            host: message(news.object),
            token: news.object.metadata.resourceVersion ?? '',
          };
      }
    },
    setOnline: (request, call) => change(request, call, { spec: { online: request.online } }),
    rebootHost: (request, call) =>
      change(request, call, {
        annotations: { [annotations.reboot]: JSON.stringify({ mode: request.mode || 'soft' }) },
      }),
    inspectHost: (request, call) => change(request, call, { annotations: { [annotations.inspect]: '' } }),
    async explainHost(request, { principal, signal }) {
      await access.require(principal, 'get', request, signal);
      const { concern, decision, sentence } = await explain(find(request), eyes);
      return {
        decisions: [{ concern, sentence, decisionJson: encoder.encode(JSON.stringify(decision, withoutSecrets)) }],
      };
    },
  });
}

const kinds = { snapshot: Kind.SNAPSHOT, changed: Kind.CHANGED, deleted: Kind.DELETED } as const;

/** A decision to enrol a host holds the credentials of its BMC. */
function withoutSecrets(key: string, value: unknown): unknown {
  if (key.endsWith('password') || key === 'credentials') return '******';
  // JSON patches name the key in their path.
  const patch = value as { readonly path?: unknown; readonly value?: unknown } | null;
  if (typeof patch === 'object' && typeof patch?.path === 'string' && patch.path.endsWith('password'))
    return { ...patch, value: '******' };
  return typeof value === 'bigint' ? value.toString() : value;
}
