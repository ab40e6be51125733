import { execFile } from 'node:child_process';
import { dirname, isAbsolute, resolve } from 'node:path';
import { type Credential, ClusterAccessError, type Credentials } from './access.ts';

/** `users[].user.exec` of a kubeconfig. */
export interface ExecPlugin {
  readonly apiVersion?: string;
  readonly command: string;
  readonly args?: readonly string[] | null;
  readonly env?: readonly { readonly name: string; readonly value: string }[] | null;
  readonly provideClusterInfo?: boolean;
  readonly installHint?: string;
}

interface ExecCredential {
  readonly status?: {
    readonly expirationTimestamp?: string;
    readonly token?: string;
    readonly clientCertificateData?: string;
    readonly clientKeyData?: string;
  };
}

/** A minute before it expires a credential is fetched anew. */
const earlyMs = 60_000;
const pluginTimeoutMs = 60_000;

/**
 * A credential plugin (client.authentication.k8s.io): a program that prints an ExecCredential. It is run again when
 * its credential expires or is refused; calls that come meanwhile share one run.
 */
export function execPlugin(
  plugin: ExecPlugin,
  cluster: { readonly server: string; readonly ca?: string | undefined },
  {
    configFile,
    env,
    now,
  }: { readonly configFile: string; readonly env: NodeJS.ProcessEnv; readonly now: () => number },
): Credentials {
  let known: { readonly credential: Credential; readonly until: number } | undefined;
  let running: Promise<Credential> | undefined;

  const apiVersion = plugin.apiVersion ?? 'client.authentication.k8s.io/v1';
  const command =
    plugin.command.includes('/') && !isAbsolute(plugin.command)
      ? resolve(dirname(configFile), plugin.command)
      : plugin.command;
  const info = {
    apiVersion,
    kind: 'ExecCredential',
    spec: {
      interactive: false,
      ...(plugin.provideClusterInfo && {
        cluster: {
          server: cluster.server,
          ...(cluster.ca && { 'certificate-authority-data': Buffer.from(cluster.ca).toString('base64') }),
        },
      }),
    },
  };

  const fetchCredential = async (): Promise<Credential> => {
    const output = await new Promise<string>((done, failed) => {
      const extra = Object.fromEntries((plugin.env ?? []).map(({ name, value }) => [name, value]));
      const environment = { ...env, ...extra, KUBERNETES_EXEC_INFO: JSON.stringify(info) };
      execFile(command, [...(plugin.args ?? [])], { env: environment, timeout: pluginTimeoutMs }, (error, stdout) => {
        if (error === null) return done(stdout);
        const hint = plugin.installHint === undefined ? '' : ` (${plugin.installHint.trim()})`;
        failed(
          new ClusterAccessError(`the credential plugin ${command} of ${configFile} failed${hint}`, { cause: error }),
        );
      });
    });
    const { status } = parse(output, command);
    const { token, clientCertificateData: cert, clientKeyData: key } = status ?? {};
    if (token === undefined && (cert === undefined || key === undefined)) {
      throw new ClusterAccessError(
        `the credential plugin ${command} gave neither a token nor a certificate with its key`,
      );
    }
    const credential: Credential = {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(cert !== undefined && key !== undefined && { certificate: { cert, key } }),
    };
    const expires = Date.parse(status?.expirationTimestamp ?? '');
    known = { credential, until: Number.isNaN(expires) ? Infinity : expires - earlyMs };
    return credential;
  };

  return {
    current() {
      if (known !== undefined && now() < known.until) return Promise.resolve(known.credential);
      running ??= fetchCredential().finally(() => void (running = undefined));
      return running;
    },
    refused: () => void (known = undefined),
  };
}

function parse(output: string, command: string): ExecCredential {
  try {
    return JSON.parse(output) as ExecCredential;
  } catch (cause) {
    throw new ClusterAccessError(`the credential plugin ${command} printed no ExecCredential`, { cause });
  }
}
