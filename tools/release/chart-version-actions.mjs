// How nx release versions a Helm chart: `version` is the chart's own; `appVersion` follows the app that it installs, and the version of
// another chart in `dependencies` follows that chart. Texts are changed line by line, so that comments and order stay.
import { join } from 'node:path';
import { VersionActions } from 'nx/release';

class ChartVersionActions extends VersionActions {
  validManifestFilenames = ['Chart.yaml'];
  excludeManifestsFromFormatting = true;

  async readCurrentVersionFromSourceManifest(tree) {
    const manifestPath = this.#manifest();
    const currentVersion = /^version: (.+)$/m.exec(tree.read(manifestPath, 'utf-8'))?.[1];
    if (currentVersion === undefined) throw new Error(`${manifestPath} has no line "version: 1.2.3"`);
    return { manifestPath, currentVersion };
  }

  async readCurrentVersionFromRegistry() {
    return null;
  }

  async readCurrentVersionOfDependency(tree, _graph, dependency) {
    const text = tree.read(this.#manifest(), 'utf-8');
    const chart = chartOf(dependency);
    const currentVersion = (chart === undefined ? /^appVersion: (.+)$/m : dependencyLine(chart)).exec(text)?.[1];
    return { currentVersion: currentVersion ?? null, dependencyCollection: 'dependencies' };
  }

  async updateProjectVersion(tree, newVersion) {
    this.#edit(tree, (text) => text.replace(/^version: .+$/m, `version: ${newVersion}`));
    return [`New version ${newVersion} written to ${this.#manifest()}`];
  }

  async updateProjectDependencies(tree, _graph, dependencies) {
    return Object.entries(dependencies).map(([dependency, version]) => {
      const chart = chartOf(dependency);
      if (chart !== undefined) {
        this.#edit(tree, (text) => text.replace(dependencyLine(chart), (line, old) => line.replace(old, version)));
        return `${dependency} ${version} written to ${this.#manifest()}`;
      }
      this.#edit(tree, (text) =>
        text
          .replace(/^appVersion: .+$/m, `appVersion: ${version}`)
          .replace(/(image: metal3\/[\w-]+):\S+/g, `$1:${version}`),
      );
      return `appVersion ${version} written to ${this.#manifest()}`;
    });
  }

  #manifest() {
    return join(this.projectGraphNode.data.root, 'Chart.yaml');
  }

  #edit(tree, change) {
    tree.write(this.#manifest(), change(tree.read(this.#manifest(), 'utf-8')));
  }
}

/** Of a chart that is pinned; a range is left as it is. */
function dependencyLine(chart) {
  return new RegExp(`- name: ${chart}\\n\\s+version: (\\d\\S*)`);
}

function chartOf(project) {
  return /^chart-(.+)$/.exec(project)?.[1];
}

// Nx loads version actions by default export.
export { ChartVersionActions as default };
