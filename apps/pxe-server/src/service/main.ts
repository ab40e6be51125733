import { bootEntryClient, bootEntryMirror } from '@metal3/boot-client';
import { grpcServer } from '@metal3/grpc';
import { loadConfig, startService } from '@metal3/service';
import { postedConfigDrive } from '../boot/posted-config-drive.ts';
import { pxeServerConfig } from '../config.ts';
import { dhcpDuty } from '../dhcp/duty.ts';
import { assemblePxeServer } from '../pxe-server.ts';

const config = loadConfig(pxeServerConfig, process.env, process.argv);
const service = startService('pxe-server', config);
const extraAuthorities = process.env['NODE_EXTRA_CA_CERTS'];
const imageJob = {
  command: process.execPath,
  args: [...process.execArgv, '--max-old-space-size=192', process.argv[1] ?? '', 'image-job'],
  env: extraAuthorities === undefined ? {} : { NODE_EXTRA_CA_CERTS: extraAuthorities },
};

const duty = dhcpDuty(config, service, process.env);
const ironic = bootEntryClient(config.ironicApi);
const synced = () => entries.synced();
const pxe = assemblePxeServer(config, service, synced, postedConfigDrive(ironic), imageJob, duty);
const entries = bootEntryMirror(ironic, pxe.entryChanged);

await service.run(
  pxe.files,
  pxe.http,
  entries,
  pxe.tftp,
  duty,
  pxe.dhcp,
  pxe.dhcp6,
  grpcServer(config.grpc, [pxe.bootService]),
);
