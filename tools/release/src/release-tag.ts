import { globSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { parse } from 'yaml';

/** What a tag of nx release releases. */
export interface Release {
  readonly kind: 'app' | 'chart' | 'client';
  /** Folder below apps/, charts/ or libs/clients/. */
  readonly name: string;
  readonly version: string;
  /** The version of the app that runs afterwards: of the image, of the provider. Clients have none. */
  readonly appVersion: string | undefined;
}

/**
 * Reads a tag such as @metal3/ipam@1.2.3, chart-ipam@1.2.3 or @metal3/ipam-client@1.2.3.
 *
 * @throws Error for a tag of nothing that is released, and one whose version is not the one in the sources
 */
export function readReleaseTag(root: string, tag: string): Release {
  const [, project = '', version = ''] = /^(.+)@(\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?)$/.exec(tag) ?? [];
  const release = project.startsWith('chart-')
    ? chartRelease(root, project.slice('chart-'.length))
    : (packageRelease(root, 'app', 'apps/*', project) ?? packageRelease(root, 'client', 'libs/clients/*', project));
  if (release === undefined) {
    throw new Error(
      `${tag} releases nothing: write @metal3/<app>@1.2.3, chart-<chart>@1.2.3 or @metal3/<client>@1.2.3`,
    );
  }
  if (release.version !== version) {
    throw new Error(`${tag} is not what the sources say, which is ${release.version}: tag the commit of nx release`);
  }
  return release;
}

function packageRelease(root: string, kind: 'app' | 'client', folders: string, project: string): Release | undefined {
  for (const file of globSync(`${folders}/package.json`, { cwd: root })) {
    const { name, version } = JSON.parse(readFileSync(join(root, file), 'utf8')) as { name: string; version: string };
    if (name !== project) continue;
    return { kind, name: basename(dirname(file)), version, appVersion: kind === 'app' ? version : undefined };
  }
  return undefined;
}

function chartRelease(root: string, name: string): Release | undefined {
  const [file] = globSync(`charts/${name}/Chart.yaml`, { cwd: root });
  if (file === undefined) return undefined;
  const { version, appVersion } = parse(readFileSync(join(root, file), 'utf8')) as {
    readonly version: string;
    readonly appVersion?: string;
  };
  return { kind: 'chart', name, version, appVersion };
}
