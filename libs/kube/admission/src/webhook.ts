import { type Kind, type KubeObject, withSpec } from '@metal3/kube-client';
import { createPatch } from 'rfc6902';
import {
  type AdmissionRequest,
  type AdmissionReview,
  type AdmissionVerdict,
  answerAdmission,
  answerConversion,
  type ConversionReview,
} from './review.ts';

/** One path of the webhook server: a review in, the answer out. */
export interface Webhook {
  readonly path: string;
  answer(review: unknown): Promise<object>;
}

/** The path under which controller-runtime serves a kind: /validate-metal3-io-v1alpha1-baremetalhost. */
export function webhookPath(purpose: 'validate' | 'mutate', { group, version, kind }: Kind): string {
  return `/${purpose}-${group.replaceAll('.', '-')}-${version}-${kind.toLowerCase()}`;
}

/** Checks objects of a kind. A failure of `validate` itself refuses the request with its message. */
export function validatingWebhook<T extends KubeObject>(
  kind: Kind<T>,
  validate: (request: AdmissionRequest<T>) => AdmissionVerdict | Promise<AdmissionVerdict>,
  path = webhookPath('validate', kind),
): Webhook {
  return {
    path,
    async answer(review) {
      const request = requestOf(review);
      return answerAdmission(request, await validate(whole(kind, request as AdmissionRequest<T>)));
    },
  };
}

/** Fills in objects of a kind: `mutate` changes the copy it is given, or answers why not. */
export function mutatingWebhook<T extends KubeObject>(
  kind: Kind<T>,
  mutate: (draft: T, request: AdmissionRequest<T>) => AdmissionVerdict | void | Promise<AdmissionVerdict | void>,
  path = webhookPath('mutate', kind),
): Webhook {
  return {
    path,
    async answer(review) {
      const request = requestOf(review) as AdmissionRequest<T>;
      if (request.object === undefined || request.object === null) return answerAdmission(request, {});
      const draft = structuredClone(withSpec(kind, request.object));
      const verdict = (await mutate(draft, whole(kind, request))) ?? {};
      return answerAdmission(request, verdict, createPatch(request.object, draft));
    },
  };
}

/** Converts objects of custom kinds between their versions. `convert` throws what the user is to read. */
export function conversionWebhook(
  convert: (object: KubeObject, toApiVersion: string) => KubeObject,
  path = '/convert',
): Webhook {
  return {
    path,
    answer(review) {
      const { request, kind } = review as ConversionReview;
      if (kind !== 'ConversionReview' || request === undefined)
        throw new BadReview('no ConversionReview with a request');
      return Promise.resolve(answerConversion(request, convert));
    },
  };
}

/** What was posted is no review that we know; answered with 400. */
export class BadReview extends Error {
  override name = 'BadReview';
}

/** With a spec in the objects, whether they were sent with one or not. */
function whole<T extends KubeObject>(kind: Kind<T>, request: AdmissionRequest<T>): AdmissionRequest<T> {
  const { object, oldObject } = request;
  return {
    ...request,
    ...(object && { object: withSpec(kind, object) }),
    ...(oldObject && { oldObject: withSpec(kind, oldObject) }),
  };
}

function requestOf(review: unknown): AdmissionRequest<KubeObject> {
  const { kind, apiVersion, request } = (review ?? {}) as AdmissionReview;
  if (kind !== 'AdmissionReview' || apiVersion !== 'admission.k8s.io/v1' || request === undefined) {
    throw new BadReview('no AdmissionReview of admission.k8s.io/v1 with a request');
  }
  return request;
}
