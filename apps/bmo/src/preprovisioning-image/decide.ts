import { setCondition } from '@metal3/kube-controller';
import type { PreprovisioningImage, PreprovisioningImageStatus } from '@metal3/metal3-api';
import { sameJson, type Instant, type Seconds } from '../kernel.ts';
import { findImage, formatsOf, type ImageSources } from './sources.ts';

export interface ImageView {
  readonly image: PreprovisioningImage;
  readonly sources: ImageSources;
  /** Version of the Secret that it names, or that there is none; undefined when it names none. */
  readonly networkData: { readonly version: string } | 'missing' | undefined;
  readonly now: Instant;
}

export interface ImageDecision {
  /** undefined: nothing new to say. */
  readonly status: PreprovisioningImageStatus | undefined;
  readonly recheckIn: Seconds | undefined;
}

const firstRetry: Seconds = 10;
const longestRetry: Seconds = 600;

/** Which of the ready-made images a PreprovisioningImage gets. They are the same for every network: whoever needs others builds them. */
export function decideImage({ image, sources, networkData, now }: ImageView): ImageDecision {
  const { architecture = '', acceptFormats = [], networkDataName = '' } = image.spec;
  const offered = formatsOf(sources);
  const format = acceptFormats.find((each) => offered.includes(each));
  if (format === undefined) {
    const wanted = acceptFormats.join(' or ') || 'no format at all';
    return failed(
      'ConfigurationError',
      `no image of an acceptable format: ${wanted} is asked for, ${offered.join(' and ')} is there`,
    );
  }
  if (networkData === 'missing') {
    const since = image.status?.conditions?.find(({ type, status }) => type === 'Error' && status === 'True');
    const waited = since === undefined ? 0 : now - Date.parse(since.lastTransitionTime) / 1000;
    const recheckIn = Math.min(Math.max(waited, 0) + firstRetry, longestRetry);
    return failed('MissingNetworkData', `Secret "${networkDataName}" of networkDataName does not exist`, recheckIn);
  }
  const found = findImage(sources, format, architecture);
  if (found === undefined) {
    return failed('ConfigurationError', `there is no ${format} image for architecture "${architecture}": set its URL`);
  }
  const conditions = conditionsOf('True', 'ImageSuccess', 'Generated image');
  const network =
    networkData === undefined ? {} : { networkData: { name: networkDataName, version: networkData.version } };
  return save({ ...found, format, architecture, ...network, conditions });

  function failed(reason: string, message: string, recheckIn?: Seconds): ImageDecision {
    const { imageUrl: _image, kernelUrl: _kernel, extraKernelParams: _params, ...rest } = image.status ?? {};
    return save({ ...rest, conditions: conditionsOf('False', reason, message) }, recheckIn);
  }

  function conditionsOf(ready: 'True' | 'False', reason: string, message: string) {
    const { generation: observedGeneration } = image.metadata;
    const error = ready === 'True' ? ('False' as const) : ('True' as const);
    const common = { reason, observedGeneration };
    const said = setCondition(
      image.status?.conditions,
      { type: 'Ready', status: ready, message, ...common },
      now * 1000,
    );
    return setCondition(
      said,
      { type: 'Error', status: error, message: error === 'True' ? message : '', ...common },
      now * 1000,
    );
  }

  function save(status: PreprovisioningImageStatus, recheckIn?: Seconds): ImageDecision {
    return { status: sameJson(image.status, status) ? undefined : status, recheckIn };
  }
}
