import { bootEntryClient, bootEntryMirror } from '@metal3/boot-client';
import { grpcServer } from '@metal3/grpc';
import { loadConfig, startService } from '@metal3/service';
import { pxeServerConfig } from './config.ts';
import { assemblePxeServer } from './pxe-server.ts';

const config = loadConfig(pxeServerConfig, process.env, process.argv);
const service = startService('pxe-server', config);

const ironic = bootEntryClient(config.ironicApi);
const pxe = assemblePxeServer(config, service, () => entries.synced());
const entries = bootEntryMirror(ironic, pxe.entryChanged);

await service.run(pxe.files, pxe.http, entries, grpcServer(config.grpc, [pxe.bootService]));
