import { agentClients } from '@metal3/agent';
import { systemClock, systemRandom } from '@metal3/service';
import { silentLog } from '@metal3/testing';
import { mediaByUrl } from '../adapters/boot-media.ts';
import { noImages } from '../adapters/image-service.ts';
import { conductorSegments, type ConductorPorts } from '../conductor.ts';
import { noFailPoints } from '../work/fail-points.ts';
import { defaultPolicy } from '../work/policy.ts';

/** What a conductor does with nodes, where there is no network, no agent and no pxe-server: only the store and the machines it is given. */
export function loneSegments(
  ports: Pick<ConductorPorts, 'store' | 'machineOf'> & Partial<ConductorPorts>,
): ReturnType<typeof conductorSegments> {
  return conductorSegments({
    agents: agentClients(),
    media: mediaByUrl(''),
    fetchText: () => Promise.reject(new Error('not used')),
    images: noImages,
    buildConfigDrive: () => '',
    agentRequestMs: 1_000,
    boot: {
      deployKernel: '',
      deployRamdisk: '',
      kernelParameters: '',
      externalApiUrl: 'http://127.0.0.1:1',
      inspectionCollectors: '',
      collectLldp: false,
      isoSource: 'local',
    },
    inspectionPorts: { add: 'all', keep: 'present' },
    policy: defaultPolicy,
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
    failPoint: noFailPoints,
    ...ports,
  });
}
