import { parse, parseAllDocuments } from 'yaml';

/** What a machine's user data has kubeadm do. */
export interface Boot {
  readonly nodeName: string;
  readonly nodeLabels: Readonly<Record<string, string>>;
  readonly isControlPlane: boolean;
  /** Of the first machine: kubeadm's ClusterConfiguration, YAML. */
  readonly clusterConfiguration: string | undefined;
  /** Of the others: the token by which they join. */
  readonly token: string | undefined;
}

interface CloudConfig {
  readonly write_files: readonly { readonly path: string; readonly content: string }[];
  readonly runcmd: readonly string[];
}

interface Registered {
  readonly kind: string;
  readonly nodeRegistration: {
    readonly name: string;
    readonly kubeletExtraArgs: readonly { readonly name: string; readonly value: string }[] | Record<string, string>;
  };
  readonly controlPlane?: object;
  readonly discovery?: { readonly bootstrapToken?: { readonly token?: string } };
}

/**
 * Reads the cloud-config that Cluster API's kubeadm provider makes, as cloud-init and kubeadm would.
 * @param metaData what `{{ ds.meta_data.<key> }}` in it stands for
 */
export function readCloudConfig(userData: string, metaData: Readonly<Record<string, string>>): Boot {
  const text = userData.replaceAll(/\{\{ ds\.meta_data\.(\w+) \}\}/g, (_whole, key: string) => {
    const value = metaData[key];
    if (value === undefined) throw new Error(`the user data wants ${key}, which the meta data do not have`);
    return value;
  });
  const { write_files: files, runcmd } = parse(text) as CloudConfig;
  const command = runcmd.find((line) => /^kubeadm (init|join) /.test(line));
  const path = /--config (\S+)/.exec(command ?? '')?.[1];
  const file = files.find((one) => one.path === path);
  if (file === undefined) throw new Error(`no file for kubeadm in: ${text}`);
  const documents = parseAllDocuments(file.content);
  const registered = documents
    .map((document) => document.toJS() as Registered)
    .find(({ kind }) => /^(Init|Join)Configuration$/.test(kind));
  if (registered === undefined)
    throw new Error(`neither an InitConfiguration nor a JoinConfiguration: ${file.content}`);
  const { nodeRegistration, controlPlane, discovery } = registered;
  const clusterConfiguration = documents.find((document) => document.get('kind') === 'ClusterConfiguration');
  return {
    nodeName: nodeRegistration.name,
    nodeLabels: labelsOf(nodeRegistration.kubeletExtraArgs),
    isControlPlane: registered.kind === 'InitConfiguration' || controlPlane !== undefined,
    clusterConfiguration: clusterConfiguration?.toString({ directives: false }),
    token: discovery?.bootstrapToken?.token,
  };
}

function labelsOf(args: Registered['nodeRegistration']['kubeletExtraArgs']): Record<string, string> {
  const value = Array.isArray(args)
    ? (args as readonly { readonly name: string; readonly value: string }[]).find(({ name }) => name === 'node-labels')
        ?.value
    : (args as Record<string, string>)['node-labels'];
  return Object.fromEntries((value ?? '').split(',').map((pair) => pair.split('=') as [string, string]));
}
