import type { DataImage, HostFirmwareComponents } from '@metal3/metal3-api';
import { imageUrlViolations } from './image-url.ts';
import type { Violation } from './violation.ts';

/** A DataImage is fetched like an image to boot. */
export function dataImageViolations({ spec }: DataImage): readonly Violation[] {
  return imageUrlViolations('spec.url', spec.url);
}

/** Firmware is fetched like an image, too. */
export function componentsViolations({ spec }: HostFirmwareComponents): readonly Violation[] {
  return (spec.updates ?? []).flatMap(({ url }, index) => imageUrlViolations(`spec.updates[${index}].url`, url));
}
