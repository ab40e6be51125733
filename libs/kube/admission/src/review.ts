import type { KubeObject } from '@metal3/kube-client';

export interface GroupVersionKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

/** What the API server asks about (admission.k8s.io/v1). */
export interface AdmissionRequest<T extends KubeObject> {
  readonly uid: string;
  readonly kind: GroupVersionKind;
  readonly subResource?: string;
  readonly name?: string;
  readonly namespace?: string;
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT';
  readonly userInfo: { readonly username?: string; readonly groups?: readonly string[] };
  /** Absent on DELETE. */
  readonly object?: T | null;
  /** Present on UPDATE and DELETE. */
  readonly oldObject?: T | null;
  readonly dryRun?: boolean;
}

/** One thing that is wrong with an object; a path such as `spec.bmc.address`. */
export interface FieldProblem {
  readonly field: string;
  readonly message: string;
  /** metav1.CauseType; FieldValueInvalid if left out. */
  readonly reason?: 'FieldValueInvalid' | 'FieldValueRequired' | 'FieldValueForbidden' | 'FieldValueNotSupported';
}

export interface AdmissionVerdict {
  /** Empty or absent: allowed. */
  readonly problems?: readonly FieldProblem[];
  /** Refusal as a whole, in the words that the user reads; takes the place of the text made from `problems`. */
  readonly denied?: string;
  /** Shown by kubectl, allowed or not. At most 120 characters each are sure to arrive. */
  readonly warnings?: readonly string[];
}

export interface AdmissionReview {
  readonly apiVersion: string;
  readonly kind: string;
  readonly request?: AdmissionRequest<KubeObject>;
}

/** The answer to an AdmissionReview, `mutated` being what a mutating webhook made of the object. */
export function answerAdmission(
  request: AdmissionRequest<KubeObject>,
  { problems = [], denied, warnings = [] }: AdmissionVerdict,
  patch?: readonly object[],
): object {
  const allowed = denied === undefined && problems.length === 0;
  return {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    response: {
      uid: request.uid,
      allowed,
      ...(warnings.length > 0 && { warnings }),
      ...(!allowed && { status: refusal(request, problems, denied) }),
      ...(allowed &&
        patch !== undefined &&
        patch.length > 0 && {
          patchType: 'JSONPatch',
          patch: Buffer.from(JSON.stringify(patch)).toString('base64'),
        }),
    },
  };
}

function refusal(
  { kind, name = '' }: AdmissionRequest<KubeObject>,
  problems: readonly FieldProblem[],
  denied: string | undefined,
): object {
  if (problems.length === 0) return { code: 403, reason: 'Forbidden', message: denied ?? 'denied' };
  const list = problems.map(({ field, message }) => `${field}: ${message}`);
  const said = list.length === 1 ? list[0] : `[${list.join(', ')}]`;
  return {
    code: 422,
    reason: 'Invalid',
    message: denied ?? `${kind.kind}.${kind.group} "${name}" is invalid: ${said}`,
    details: {
      group: kind.group,
      kind: kind.kind,
      name,
      causes: problems.map(({ field, message, reason = 'FieldValueInvalid' }) => ({ field, message, reason })),
    },
  };
}

/** Objects of a custom kind to be read in another of its versions (apiextensions.k8s.io/v1). */
export interface ConversionReview {
  readonly apiVersion: string;
  readonly kind: string;
  readonly request?: {
    readonly uid: string;
    readonly desiredAPIVersion: string;
    readonly objects: readonly KubeObject[];
  };
}

/** The answer to a ConversionReview. One object that cannot be converted fails the whole, as the API server demands. */
export function answerConversion(
  { uid, desiredAPIVersion, objects }: NonNullable<ConversionReview['request']>,
  convert: (object: KubeObject, toApiVersion: string) => KubeObject,
): object {
  const reply = (response: object): object => ({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'ConversionReview',
    response: { uid, ...response },
  });
  try {
    const convertedObjects = objects.map((object) =>
      object.apiVersion === desiredAPIVersion
        ? object
        : // The API server refuses a conversion that touches metadata other than labels and annotations.
          { ...convert(structuredClone(object), desiredAPIVersion), apiVersion: desiredAPIVersion },
    );
    return reply({ convertedObjects, result: { status: 'Success' } });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return reply({ convertedObjects: [], result: { status: 'Failure', message } });
  }
}
