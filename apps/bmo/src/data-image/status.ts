import type { DataImage, DataImageStatus } from '@metal3/metal3-api';
import type { Seconds } from '../kernel.ts';

type WithStatus = Pick<DataImage, 'status'>;

/** Empty when nothing has been attached. */
export function attachedUrl({ status }: WithStatus): string {
  return status?.attachedImage?.url ?? '';
}

export function errorOf({ status }: WithStatus): NonNullable<DataImageStatus['error']> {
  return status?.error ?? { count: 0, message: '' };
}

export function withAttached(status: DataImageStatus | undefined, url: string): DataImageStatus {
  return { ...wholeStatus(status), attachedImage: { url } };
}

/** One more failure; its message takes the place of the last one's. */
export function withError(status: DataImageStatus | undefined, message: string): DataImageStatus {
  const whole = wholeStatus(status);
  return { ...whole, error: { count: errorOf({ status: whole }).count + 1, message } };
}

export function withoutError(status: DataImageStatus | undefined): DataImageStatus {
  return { ...wholeStatus(status), error: { count: 0, message: '' } };
}

/** Attached image and error are always written, as upstream's are: clients read them without asking whether they are there. */
export function wholeStatus(status: DataImageStatus | undefined): DataImageStatus {
  return { attachedImage: { url: '' }, error: { count: 0, message: '' }, ...status };
}

const firstRetry: Seconds = 30;
const longestRetry: Seconds = 3600;

/** The pause after one more failure: it doubles with each in a row. */
export function retryAfter(image: WithStatus): Seconds {
  return Math.min(firstRetry * 2 ** errorOf(image).count, longestRetry);
}
