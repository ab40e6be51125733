import { BootEntryService } from '@metal3/boot-client';
import { implement, type ServiceImplementation } from '@metal3/grpc';
import type { BootEntry, NodeStore } from '@metal3/node-store';
import { notFound } from '../faults.ts';
import { watchMessages } from '../watch/events.ts';
import { answer, answers } from './edge.ts';

/** What each machine boots, to pxe-server, which keeps no truth of its own. */
export const bootEntryService = ({
  changes,
  bootEntries,
  blobs,
  nodes,
}: Pick<NodeStore, 'changes' | 'bootEntries' | 'blobs' | 'nodes'>): ServiceImplementation =>
  implement(BootEntryService, {
    watchBootEntries: ({ resumeToken }, call) =>
      answers(async function* () {
        const events = changes.watchBootEntries({
          signal: call.signal,
          ...(resumeToken === '' ? {} : { from: resumeToken }),
        });
        for await (const { kind, item, uuid, token } of watchMessages(events, entryMessage)) {
          yield { kind, nodeUuid: item?.nodeUuid ?? uuid, token, ...(item === undefined ? {} : { entry: item }) };
        }
      }),
    readConfigDrive: ({ nodeUuid, capability }) =>
      answer(async () => {
        const entry = await bootEntries.find(nodeUuid);
        const posted = entry?.capability === capability ? await blobs.get(nodeUuid, 'config-drive') : undefined;
        if (posted === undefined) throw notFound(`Node ${nodeUuid} has no config drive for this boot`);
        return { posted: new Uint8Array(posted), nodeName: (await nodes.get(nodeUuid)).name ?? '' };
      }),
  });

const entryMessage = (entry: BootEntry) => ({
  nodeUuid: entry.nodeUuid,
  capability: entry.capability,
  macAddresses: [...entry.macAddresses],
  kind: entry.kind,
  kernelUrl: entry.kernelUrl,
  ramdiskUrl: entry.ramdiskUrl,
  espUrl: entry.espUrl,
  kernelParameters: entry.kernelParameters,
  isoUrl: entry.isoUrl,
  networkDataJson: new Uint8Array(Buffer.from(entry.networkData, 'utf8')),
  bootMode: entry.bootMode,
  cpuArchitecture: entry.cpuArchitecture,
  revision: BigInt(entry.revision),
});
