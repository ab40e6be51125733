import type { ObjectKey } from '@metal3/kube-client';
import type { Seconds } from '../../kernel.ts';
import { ProvisionerError } from '../../provisioner/errors.ts';
import type { Provisioner } from '../../provisioner/ports.ts';
import { firmwareIsReadable, firmwareRecheck } from '../readable.ts';
import { decideSettings } from './decide.ts';
import type { SettingsStore } from './ports.ts';
import { schemaName, schemasOf } from './schema.ts';

/** One pass over the firmware settings of one host. They are of the host's name. @returns seconds until the next pass */
export function settingsReconciler(
  store: SettingsStore,
  provisioner: Pick<Provisioner, 'findNode' | 'readFirmware'>,
  clock: { readonly now: () => number },
): (key: ObjectKey) => Promise<Seconds | undefined> {
  return async (key) => {
    const host = store.findHost(key);
    if (host === undefined || !firmwareIsReadable(host)) return undefined;
    const settings = await store.adopt(host);
    if (settings.metadata.deletionTimestamp !== undefined) return undefined;
    try {
      const node = await provisioner.findNode(host.status?.provisioning.ID ?? '');
      if (node === undefined) return firmwareRecheck.unavailable;
      const actual = (await provisioner.readFirmware(node)).settings;
      const name = actual.length === 0 ? undefined : schemaName(actual);
      const schema = name === undefined ? undefined : { name, namespace: key.namespace ?? '' };
      if (name !== undefined) await store.keepSchema(settings, { name, schemas: schemasOf(actual), host });

      const { status, changeDetected, problems } = decideSettings(settings, actual, schema, clock.now() / 1000);
      for (const problem of problems) store.tellProblem(settings, problem);
      if (status !== undefined) await store.saveStatus(settings, status);
      return changeDetected ? firmwareRecheck.changing : firmwareRecheck.settled;
    } catch (error) {
      if (error instanceof ProvisionerError) return firmwareRecheck.unavailable;
      throw error;
    }
  };
}
