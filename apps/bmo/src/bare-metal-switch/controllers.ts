import type { Log, ObjectKey } from '@metal3/kube-client';
import {
  cacheAcross,
  controller,
  relatedTo,
  withoutWaiting,
  type CachedClient,
  type CacheChange,
  type Controller,
  type ControllerMetrics,
} from '@metal3/kube-controller';
import { bareMetalSwitch, type BareMetalSwitch } from '@metal3/metal3-api';
import { errorTable, type Clock } from '@metal3/service';
import type { BmoConfig } from '../config.ts';
import type { HostCaches } from '../host/adapters/kubernetes.ts';
import { recheckedBy } from '../recheck.ts';
import { kubernetesSwitchStore } from './adapters/kubernetes.ts';
import { switchesReconciler, type SwitchSettings } from './controller.ts';

export interface SwitchSurroundings {
  readonly client: CachedClient;
  readonly namespaces: readonly string[];
  readonly caches: Pick<HostCaches, 'secrets'>;
  readonly metrics?: ControllerMetrics;
  readonly clock: Clock;
  readonly log: Log;
}

const errors = errorTable({
  incomplete: {
    code: 'BMO-SWITCH-SETTINGS',
    class: 'config',
    remedy:
      'Set IRONIC_SWITCH_CONFIGS_SECRET, IRONIC_SWITCH_CREDENTIALS_SECRET and IRONIC_SWITCH_CREDENTIALS_PATH, or leave IRONIC_NETWORKING_ENABLED out.',
  },
});

/** The controller of BareMetalSwitches, where Ironic's networking service is used. @throws CodedError BMO-SWITCH-SETTINGS */
export function switchControllers(
  { enabled, ...settings }: BmoConfig['networking'],
  surroundings: SwitchSurroundings,
): readonly Controller[] {
  if (!enabled) return [];
  const lacking = Object.entries(settings).flatMap(([name, value]) => (value === '' ? [`networking.${name}`] : []));
  if (lacking.length > 0) throw errors.incomplete(`networking is enabled, but ${lacking.join(' and ')} is empty`);
  return [switchController(settings, surroundings)];
}

export function switchController(settings: SwitchSettings, surroundings: SwitchSurroundings): Controller {
  const { client, namespaces, caches, metrics, clock, log } = surroundings;
  const switches = cacheAcross(client, namespaces, bareMetalSwitch, { optional: true });
  const written = [settings.configsSecret, settings.credentialsSecret];
  const whole = ({ namespace = '' }: ObjectKey): readonly ObjectKey[] => [{ name: namespace }];
  return controller({
    name: 'baremetalswitch',
    watches: [
      withoutWaiting(relatedTo(switches, (change) => (isEdited(change) ? whole(change.key) : []))),
      relatedTo(caches.secrets, ({ key, before, after }) => {
        const isOwned = [before, after].some((secret) =>
          secret?.metadata.ownerReferences?.some(({ kind }) => kind === bareMetalSwitch.kind),
        );
        // Those that are written are looked at even where there is no switch: the last one may have gone while nobody looked.
        return isOwned || written.includes(key.name) ? whole(key) : [];
      }),
    ],
    reconcile: recheckedBy(
      switchesReconciler(kubernetesSwitchStore(client, { switches, secrets: caches.secrets }), settings, clock),
    ),
    clock,
    log,
    ...(metrics === undefined ? {} : { metrics }),
  });
}

function isEdited({ before, after }: CacheChange<BareMetalSwitch>): boolean {
  return (
    before?.metadata.uid !== after?.metadata.uid ||
    before?.metadata.generation !== after?.metadata.generation ||
    before?.metadata.deletionTimestamp !== after?.metadata.deletionTimestamp
  );
}
