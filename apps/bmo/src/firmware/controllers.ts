import { keyOf, type Log } from '@metal3/kube-client';
import {
  cacheAcross,
  changesOf,
  controller,
  eventRecorder,
  relatedTo,
  type CacheChange,
  type CachedClient,
  type Controller,
  type ControllerMetrics,
} from '@metal3/kube-controller';
import { firmwareSchema, type HostFirmwareComponents, type HostFirmwareSettings } from '@metal3/metal3-api';
import type { Clock } from '@metal3/service';
import type { HostCaches } from '../host/adapters/kubernetes.ts';
import type { Provisioner } from '../provisioner/ports.ts';
import { recheckedBy } from '../recheck.ts';
import { kubernetesComponentsStore } from './components/adapters/kubernetes.ts';
import { componentsReconciler } from './components/controller.ts';
import { isNew, policyReconciler } from './policy/controller.ts';
import { nodeWork } from './node-work.ts';
import { firmwareMayHaveChanged } from './readable.ts';
import { kubernetesSettingsStore } from './settings/adapters/kubernetes.ts';
import { settingsReconciler } from './settings/controller.ts';

export interface FirmwareSurroundings {
  readonly client: CachedClient;
  readonly namespaces: readonly string[];
  readonly caches: HostCaches;
  readonly provisioner: Provisioner;
  readonly metrics?: ControllerMetrics;
  readonly clock: Clock;
  readonly log: Log;
}

/** The controllers of HostFirmwareSettings, HostFirmwareComponents and HostUpdatePolicies. Make them once. */
export function firmwareControllers(surroundings: FirmwareSurroundings): readonly Controller[] {
  const { client, namespaces, caches, provisioner, metrics, clock, log } = surroundings;
  const schemas = cacheAcross(client, namespaces, firmwareSchema, { optional: true });
  const recorder = (name: string) => eventRecorder({ client, component: `metal3-${name}-controller`, clock, log });
  const options = { concurrency: 4, clock, log, ...(metrics === undefined ? {} : { metrics }) };
  const ofHosts = relatedTo(caches.hosts, ({ key, before, after }) =>
    firmwareMayHaveChanged(before, after) ? [key] : [],
  );
  const ofNodes = nodeWork(caches.hosts, provisioner.changes);

  return [
    controller({
      name: 'hostfirmwaresettings',
      watches: [
        changesOf(caches.settings, { where: isEdited }),
        ofHosts,
        ofNodes,
        // A schema goes with the settings that it was made for; whoever else follows it makes it again.
        relatedTo(schemas, ({ key, after }) =>
          after !== undefined
            ? []
            : caches.settings
                .list({ namespace: key.namespace, where: ({ status }) => status?.schema?.name === key.name })
                .map(keyOf),
        ),
      ],
      reconcile: recheckedBy(
        settingsReconciler(
          kubernetesSettingsStore(client, { ...caches, schemas }, recorder('hostfirmwaresettings')),
          provisioner,
          clock,
        ),
      ),
      ...options,
      // One after the other: hosts of one model come together, and the first of them makes the schema of all.
      concurrency: 1,
    }),
    controller({
      name: 'hostfirmwarecomponents',
      watches: [changesOf(caches.components, { where: isEditedOrBegun }), ofHosts, ofNodes],
      reconcile: recheckedBy(
        componentsReconciler(
          kubernetesComponentsStore(client, caches, recorder('hostfirmwarecomponents')),
          provisioner,
          clock,
        ),
      ),
      ...options,
    }),
    controller({
      name: 'hostupdatepolicy',
      watches: [changesOf(caches.policies), relatedTo(caches.hosts, (change) => (isNew(change) ? [change.key] : []))],
      reconcile: policyReconciler(client, caches),
      ...options,
    }),
  ];
}

type Edit = Pick<CacheChange<HostFirmwareSettings | HostFirmwareComponents>, 'before' | 'after'>;

function isEdited({ before, after }: Edit): boolean {
  return before === undefined || before.metadata.generation !== after?.metadata.generation;
}

/** That updates are under way is written by the controller of hosts. */
function isEditedOrBegun(change: CacheChange<HostFirmwareComponents>): boolean {
  const begun = (components: HostFirmwareComponents | undefined) => JSON.stringify(components?.status?.updates ?? []);
  return isEdited(change) || begun(change.before) !== begun(change.after);
}
