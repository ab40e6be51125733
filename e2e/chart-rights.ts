import { readFileSync } from 'node:fs';
import type { Manifest } from '@metal3/local-servers';

interface Role extends Manifest {
  readonly rules: readonly {
    readonly apiGroups: readonly string[];
    readonly resources: readonly string[];
    readonly verbs: readonly string[];
  }[];
}

interface AuditLine {
  readonly verb: string;
  readonly user: { readonly username: string };
  readonly objectRef?: { readonly apiGroup?: string; readonly resource: string; readonly subresource?: string };
  readonly responseStatus?: { readonly code: number; readonly message?: string };
}

const writing = ['create', 'update', 'patch', 'delete'];

/** What an account has written, by the audit file of `startControlPlane`. */
export interface Written {
  readonly lines: readonly AuditLine[];
  /** `verb resource.group`, each once. */
  readonly rights: ReadonlySet<string>;
  /** The API server's words about what it refused for want of a right. */
  readonly forbidden: readonly string[];
}

/** @param account as `system:serviceaccount:<namespace>:<name>` */
export function writtenBy(auditFile: string, account: string): Written {
  const lines = readFileSync(auditFile, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as AuditLine)
    .filter(({ user }) => user.username === account);
  const rightOf = ({ verb, objectRef: at }: AuditLine) => {
    const subresource = at?.subresource === undefined ? '' : `/${at.subresource}`;
    return `${verb} ${at?.resource}${subresource}.${at?.apiGroup ?? ''}`;
  };
  return {
    lines,
    rights: new Set(lines.map(rightOf)),
    forbidden: lines
      .filter(({ responseStatus }) => responseStatus?.code === 403)
      .map((line) => `${rightOf(line)}: ${line.responseStatus?.message ?? ''}`),
  };
}

/** Everything that the named roles of a chart let its account write, as `verb resource.group`. */
export function grantedWrites(manifests: readonly Manifest[], roles: RegExp): readonly string[] {
  return manifests
    .filter(({ kind, metadata }) => /^(Cluster)?Role$/.test(kind) && roles.test(metadata.name))
    .flatMap((role) => (role as Role).rules)
    .flatMap(({ apiGroups, resources, verbs }) =>
      apiGroups.flatMap((group) =>
        resources.flatMap((resource) =>
          verbs.filter((verb) => writing.includes(verb)).map((verb) => `${verb} ${resource}.${group}`),
        ),
      ),
    );
}
