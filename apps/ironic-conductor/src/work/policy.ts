/** What an operator may choose about how nodes are worked on. Times in milliseconds. */
export interface Policy {
  /** Use an agent that is running already (Metal3's setting; Ironic's own default is off). */
  readonly fastTrack: boolean;
  /** For nodes that do not say themselves. */
  readonly automatedClean: boolean;
  readonly powerOffAfterDeployFailure: boolean;
  /** Priorities of automated clean steps, by step name, over the agent's own; 0 disables. */
  readonly cleanPriorities: Readonly<Record<string, number>>;
  /** Hand raw images to the agent for writing while they download. */
  readonly streamRawImages: boolean;
  /** Who fetches an image that does not say itself: the agent from its own server (`http`), or pxe-server for it (`local`). */
  readonly imageDownloadSource: 'http' | 'local';
  /** Images that pass through pxe-server are converted to raw. */
  readonly forceRawImages: boolean;
  readonly timeouts: {
    readonly powerChange: number;
    readonly softPowerOff: number;
    readonly deployCallback: number;
    readonly cleanCallback: number;
    readonly serviceCallback: number;
    readonly rescueCallback: number;
    readonly inspectWait: number;
    /** An agent that runs a command and is not heard of for this long is given up. */
    readonly agentSilence: number;
    /** A running command is looked at this often even without a heartbeat: one may get lost. */
    readonly commandLook: number;
    /** A machine that was told to start and has not called is looked at this often: the BMC may have lost the request. */
    readonly startLook: number;
    /** An agent heard of within this time is used by fast track. */
    readonly fastTrack: number;
    /** An agent that has posted inspection data sends its first heartbeat within this time, or is not counted on any more. */
    readonly inspectorCall: number;
    /** How long an effect that fails for passing reasons is tried again. */
    readonly retry: number;
    /** The same while verifying, where a person waits for the answer. */
    readonly verifyRetry: number;
    /** How often the power state of a node at rest is read. */
    readonly powerSync: number;
    /** How long reading it may fail before the node is put into maintenance. */
    readonly powerFailure: number;
    /** How often a node that is in maintenance for that is tried again. */
    readonly faultRecovery: number;
  };
}

/** Ironic's defaults with Metal3's settings over them. */
export const defaultPolicy: Policy = {
  fastTrack: true,
  automatedClean: true,
  powerOffAfterDeployFailure: true,
  cleanPriorities: { erase_devices: 0, erase_devices_metadata: 10 },
  streamRawImages: true,
  imageDownloadSource: 'http',
  forceRawImages: true,
  timeouts: {
    powerChange: 120_000,
    softPowerOff: 600_000,
    deployCallback: 4_800_000,
    cleanCallback: 1_800_000,
    serviceCallback: 1_800_000,
    rescueCallback: 1_800_000,
    inspectWait: 1_800_000,
    agentSilence: 600_000,
    commandLook: 60_000,
    startLook: 60_000,
    fastTrack: 300_000,
    inspectorCall: 60_000,
    retry: 600_000,
    verifyRetry: 30_000,
    powerSync: 120_000,
    powerFailure: 360_000,
    faultRecovery: 300_000,
  },
};
