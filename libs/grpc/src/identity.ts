import { createHash, X509Certificate } from 'node:crypto';
import { getExtension, hasExtension, type DescMethod } from '@bufbuild/protobuf';
import type { Metadata } from '@grpc/grpc-js';
import { type Clock, isCodedError } from '@metal3/service';
import { grpcErrors } from './errors.ts';
import { role as roleOption, Role } from './gen/metal3/options/v1/access_pb.ts';
import type { GrpcServerSettings } from './settings.ts';
import type { Principal, RoleName } from './types.ts';

/** Checks a bearer token: who it belongs to, or undefined when it is not valid. */
export interface Authenticator {
  authenticate(token: string, signal: AbortSignal): Promise<Principal | undefined>;
}

/** The role a method asks for. Methods without the option are for our own services only: forgetting it must not open a door. */
export function roleOf(method: DescMethod): RoleName {
  const options = method.proto.options;
  if (options === undefined || !hasExtension(options, roleOption)) return 'service';
  switch (getExtension(options, roleOption)) {
    case Role.READER:
      return 'reader';
    case Role.OPERATOR:
      return 'operator';
    default:
      return 'service';
  }
}

const local: Principal = { kind: 'local', name: 'local', groups: [] };

/** What a server looks at to find out who calls. */
export interface PeerFacts {
  readonly metadata: Metadata;
  /** DER of the verified client certificate. */
  readonly certificate: Buffer | undefined;
  readonly signal: AbortSignal;
}

/** Lets callers in, or not. */
export interface Gatekeeper {
  /** @throws CodedError GRPC-UNAUTHENTICATED, GRPC-FORBIDDEN, GRPC-UNIDENTIFIED */
  admit(peer: PeerFacts, role: RoleName, path: string): Promise<Principal> | Principal;
}

/** Tokens are looked at again after this long: the API server may have revoked them. */
const tokenMemoryMs = 60_000;
const tokensRemembered = 1_000;

/**
 * Finds out who calls and whether they may. A server without authentication (which then listens on loopback only) trusts every caller.
 *
 * @throws CodedError GRPC-UNAUTHENTICATED, GRPC-FORBIDDEN, GRPC-UNIDENTIFIED
 */
export function gatekeeper(
  settings: Pick<GrpcServerSettings, 'tlsClientCaFile' | 'readers' | 'operators' | 'services'>,
  tokens: Authenticator | undefined,
  clock: Clock,
): Gatekeeper {
  const open = settings.tlsClientCaFile === '' && tokens === undefined;
  const remembered = new Map<string, { readonly principal: Principal; readonly until: number }>();
  // Whoever may change may read, and our own services may do both.
  const allowed: Record<RoleName, ReadonlySet<string>> = {
    reader: new Set([...settings.readers, ...settings.operators, ...settings.services]),
    operator: new Set([...settings.operators, ...settings.services]),
    service: new Set(settings.services),
  };

  async function fromToken(token: string, path: string, signal: AbortSignal): Promise<Principal | undefined> {
    const key = createHash('sha256').update(token).digest('base64');
    const known = remembered.get(key);
    if (known !== undefined && known.until > clock.now()) return known.principal;
    remembered.delete(key);
    const principal = await tokens?.authenticate(token, signal).catch((cause: unknown) => {
      if (isCodedError(cause) || signal.aborted) throw cause;
      // Not the caller's fault, and nothing that a caller could guess from "internal error".
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw grpcErrors.unidentified(`${path}: the service cannot find out whose token this is: ${reason}`, { cause });
    });
    if (principal === undefined) return undefined;
    if (remembered.size >= tokensRemembered) remembered.delete(remembered.keys().next().value ?? '');
    remembered.set(key, { principal, until: clock.now() + tokenMemoryMs });
    return principal;
  }

  async function identify({ metadata, certificate, signal }: PeerFacts, path: string): Promise<Principal> {
    if (certificate !== undefined) return fromCertificate(certificate);
    const token = /^Bearer +(\S+)$/i.exec(String(metadata.get('authorization')[0] ?? ''))?.[1];
    if (token === undefined) {
      throw grpcErrors.unauthenticated(`${path}: the caller showed neither a client certificate nor a bearer token`);
    }
    const principal = await fromToken(token, path, signal);
    if (principal === undefined) throw grpcErrors.unauthenticated(`${path}: the bearer token is not valid`);
    return principal;
  }

  return {
    admit(peer, role, path) {
      if (open) return local;
      return identify(peer, path).then((principal) => {
        const names = [principal.name, ...principal.groups.map((group) => `group:${group}`), '*'];
        if (names.some((name) => allowed[role].has(name))) return principal;
        throw grpcErrors.forbidden(`${path}: ${principal.name} is not among the ${role}s`, {
          details: { principal: principal.name, role },
        });
      });
    },
  };
}

/** Common name and organisations of a certificate whose chain TLS has verified, as Kubernetes reads them: user and groups. */
export function fromCertificate(der: Buffer): Principal {
  const attributes = new X509Certificate(der).subject.split('\n').map((line) => line.split(/=(.*)/s));
  const values = (name: string) =>
    attributes.flatMap(([key, value]) => (key === name && value !== undefined ? [value] : []));
  return { kind: 'certificate', name: values('CN')[0] ?? '', groups: values('O') };
}
