import { BareMetalHostStatus, HardwareDetails, type BareMetalHost, type HardwareData } from '@metal3/metal3-api';
import { Value } from 'typebox/value';
import { sameJson } from '../kernel.ts';
import { annotations } from './annotations.ts';
import type { Notes } from './decision.ts';
import { event } from './events.ts';
import { stateOf } from './states.ts';
import { changed, emptyStatus } from './status.ts';
import { inspectionDisabled } from './view.ts';

/**
 * The status that a host brings with it from another cluster, in an annotation. Only a host that nobody has looked at yet is
 * taken at its word; a value that cannot be read counts as none.
 */
export function restoredStatus(
  { metadata, status }: BareMetalHost,
  hardware: HardwareDetails | undefined,
): BareMetalHostStatus | undefined {
  const text = metadata.annotations?.[annotations.status];
  if (text === undefined || status?.lastUpdated !== undefined) return undefined;
  const brought = readStatus(text);
  return brought === undefined ? undefined : changed(brought, hardware === undefined ? {} : { hardware });
}

/** A whole status; fields that a status must have may be left out. undefined when there is something else in the text. */
export function readStatus(text: string): BareMetalHostStatus | undefined {
  const brought = parseObject(text) as Partial<BareMetalHostStatus> | undefined;
  if (brought === undefined) return undefined;
  const base = emptyStatus();
  const status = { ...base, ...brought, provisioning: { ...base.provisioning, ...brought.provisioning } };
  return Value.Check(BareMetalHostStatus, withoutNulls(status)) && stateOf(status) !== undefined ? status : undefined;
}

/** Hardware details as people write them into an annotation; undefined when there is something else in the text. */
export function readHardware(text: string): HardwareDetails | undefined {
  const details = parseObject(text);
  return Value.Check(HardwareDetails, withoutNulls(details)) ? (details as HardwareDetails) : undefined;
}

/** What the host's own papers say of its hardware: HardwareData first, else the annotation. */
export function suppliedHardware(
  host: BareMetalHost,
  status: BareMetalHostStatus,
  hardwareData: HardwareData | undefined,
): Notes | undefined {
  const annotation = host.metadata.annotations?.[annotations.hardwareDetails];
  const wanted = status.hardware === undefined || inspectionDisabled(host);
  const kept = hardwareData?.spec.hardware;
  const drop = annotation === undefined ? {} : { dropAnnotations: [annotations.hardwareDetails] };

  if (wanted && kept !== undefined && !sameJson(kept, status.hardware)) return { status: { hardware: kept }, ...drop };
  if (annotation === undefined) return undefined;
  const details = wanted && kept === undefined ? readHardware(annotation) : undefined;
  return details === undefined
    ? { ...drop, events: [event('RemoveAnnotation', `HardwareDetails annotation ignored, status already set`)] }
    : {
        ...drop,
        status: { hardware: details },
        events: [event('UpdateHardwareDetails', 'Set HardwareDetails from annotation')],
      };
}

/** Writers of JSON differ in whether they leave out what is not set or write null. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== 'object' || value === null) return value;
  const set = Object.entries(value).filter(([, field]) => field !== null);
  return Object.fromEntries(set.map(([key, field]) => [key, withoutNulls(field)]));
}

function parseObject(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
