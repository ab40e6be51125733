import type { ConductorConfig } from './config.ts';
import { defaultPolicy, type Policy } from './work/policy.ts';

/** The settings as deciders see them. */
export function policyOf({
  agent,
  cleaning,
  deploy,
  servicing,
  rescue,
  inspection,
  power,
  bmc,
}: ConductorConfig): Policy {
  return {
    fastTrack: agent.fastTrack,
    automatedClean: cleaning.automated,
    powerOffAfterDeployFailure: deploy.powerOffAfterFailure,
    cleanPriorities: {
      erase_devices: cleaning.eraseDevicesPriority,
      erase_devices_metadata: cleaning.eraseDevicesMetadataPriority,
    },
    streamRawImages: agent.streamRawImages,
    imageDownloadSource: deploy.imageDownloadSource,
    forceRawImages: deploy.forceRawImages,
    timeouts: {
      powerChange: power.changeTimeout,
      softPowerOff: power.softOffTimeout,
      deployCallback: deploy.callbackTimeout,
      cleanCallback: cleaning.callbackTimeout,
      serviceCallback: servicing.callbackTimeout,
      rescueCallback: rescue.callbackTimeout,
      inspectWait: inspection.timeout,
      agentSilence: agent.silence,
      commandLook: agent.look,
      startLook: power.startLook,
      fastTrack: agent.fastTrackTimeout,
      inspectorCall: defaultPolicy.timeouts.inspectorCall,
      retry: bmc.retry,
      verifyRetry: bmc.verifyRetry,
      powerSync: power.syncEvery,
      powerFailure: power.failureAfter,
      faultRecovery: power.recoverEvery,
    },
  };
}
