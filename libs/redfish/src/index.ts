/** A Redfish client: power, boot override, virtual media, BIOS and secure boot of one machine, with few requests. */
export type { BiosAttribute } from './bios.ts';
export { type BmcAddress, type Bmcs, type BmcsSettings, redfishBmcs } from './bmcs.ts';
export { type AuthType, RedfishClient, type RedfishCredentials } from './client.ts';
export { bmcAddressOf, InvalidDriverInfo } from './driver-info.ts';
export { RedfishError, type RedfishErrorKind } from './errors.ts';
export type { FirmwareComponent, FirmwareVersion } from './firmware.ts';
export type { LampState, RedfishIndicator } from './indicators.ts';
export { type Quirks, quirksOf } from './quirks.ts';
export type { DriveView, OpenOperation, StorageView, VolumeRequest, VolumeView } from './storage.ts';
export { type BootRequest, redfishSystem, type RedfishSystem, type ResetType } from './system.ts';
export type { Subscription, SubscriptionRequest, Subscriptions } from './subscriptions.ts';
export type { BmcPower, BootPersistence, BootTarget, SystemView } from './system-view.ts';
export { readTask, type TaskView } from './tasks.ts';
export {
  type CallOptions,
  type RedfishClock,
  type RedfishExchange,
  type RedfishMethod,
  type RedfishReply,
  Transport,
  type TransportSettings,
} from './transport.ts';
export type { MediaSlot, MediaType } from './virtual-media.ts';
