import type { Image } from '@metal3/metal3-api';
import type { SecretValues } from '../ports.ts';
import { isOci } from './image.ts';

/** The registry credentials of an image cannot be used; `reason` is that of the event. */
export class PullSecretError extends Error {
  override readonly name = 'PullSecretError';
  readonly reason: 'ImageAuthFormatUnsupported' | 'ImageAuthParseError';

  constructor(reason: PullSecretError['reason'], message: string) {
    super(message);
    this.reason = reason;
  }
}

/** Which Secret holds the registry credentials of an image, if any. */
export function pullSecretName(image: Image | undefined): string | undefined {
  return image !== undefined && isOci(image) ? image.ociAuthSecretName || undefined : undefined;
}

const dockerHub = 'https://index.docker.io/v1/';

/**
 * "user:password" for the registry that the image comes from.
 *
 * @throws PullSecretError
 */
export function pullSecret(image: Image, { type, data, version }: SecretValues): string {
  const auths = authsOf(type, data, version.name);
  const registry = image.url.replace(/^oci:\/\//i, '').split('/', 1)[0] ?? '';
  const names = registry === 'docker.io' ? [dockerHub, 'index.docker.io', registry] : [registry, `https://${registry}`];
  const entry = names.map((name) => auths[name]).find((found) => typeof found === 'object' && found !== null);
  if (entry === undefined)
    throw new PullSecretError('ImageAuthParseError', `Secret "${version.name}" has no entry for ${registry}`);

  const { auth, username, password } = entry as { auth?: unknown; username?: unknown; password?: unknown };
  const plain =
    typeof auth === 'string' && auth !== ''
      ? Buffer.from(auth, 'base64').toString()
      : `${String(username)}:${String(password)}`;
  if (!/^[^:]+:.+$/s.test(plain) || plain.includes('undefined')) {
    throw new PullSecretError(
      'ImageAuthParseError',
      `the entry for ${registry} in Secret "${version.name}" holds no user and password`,
    );
  }
  return plain;
}

function authsOf(type: string, data: SecretValues['data'], name: string): Readonly<Record<string, unknown>> {
  const key =
    type === 'kubernetes.io/dockerconfigjson'
      ? '.dockerconfigjson'
      : type === 'kubernetes.io/dockercfg'
        ? '.dockercfg'
        : '';
  if (key === '') {
    throw new PullSecretError(
      'ImageAuthFormatUnsupported',
      `Secret "${name}" is of type ${type}: use kubernetes.io/dockerconfigjson or kubernetes.io/dockercfg`,
    );
  }
  try {
    const parsed = JSON.parse(data[key] ?? '') as { auths?: Record<string, unknown> };
    const auths = key === '.dockerconfigjson' ? parsed.auths : (parsed as Record<string, unknown>);
    if (typeof auths === 'object' && auths !== null) return auths;
  } catch {
    // Said below, without the content.
  }
  throw new PullSecretError(
    'ImageAuthParseError',
    `the key ${key} of Secret "${name}" is not a registry configuration`,
  );
}
