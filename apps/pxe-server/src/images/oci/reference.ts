import { imageErrors } from '../../errors.ts';

/** Where an artefact is: `oci://registry[:port]/repository[:tag][@sha256:digest]`. */
export interface OciReference {
  /** Host and port. */
  readonly registry: string;
  readonly repository: string;
  /** Tag or digest to ask for; a digest wins, since it cannot move. */
  readonly reference: string;
  /** `sha256:...` when the reference is pinned. */
  readonly digest: string | undefined;
}

// Grammar of the distribution specification 1.1, "Pulling manifests".
const repository = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const tag = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;
const digest = /^sha256:[0-9a-f]{64}$/;

/** @throws CodedError IMAGE-URL-INVALID */
export function readOciReference(url: string): OciReference {
  const wrong = (why: string) =>
    imageErrors.url(`"${url.slice(0, 300)}" is no OCI reference: ${why}`, { details: { url } });
  const match = /^oci:\/\/([^/@]+)\/([^@]+?)(?:@(.+))?$/.exec(url);
  if (match === null) throw wrong('write oci://registry/repository:tag');
  const [, registry = '', path = '', pinned] = match;
  if (!/^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+)(:\d{1,5})?$/.test(registry))
    throw wrong('the registry is no host and port');
  const colon = path.lastIndexOf(':');
  const [name, named] = colon < 0 ? [path, undefined] : [path.slice(0, colon), path.slice(colon + 1)];
  if (name.length > 255 || !repository.test(name))
    throw wrong('the repository is not written in lower case and digits');
  if (named !== undefined && !tag.test(named)) throw wrong('the tag is malformed');
  if (pinned !== undefined && !digest.test(pinned)) throw wrong('the digest is not sha256: and 64 hex digits');
  return { registry, repository: name, reference: pinned ?? named ?? 'latest', digest: pinned };
}
