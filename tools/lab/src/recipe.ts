import { spawn } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, existsSync, globSync, statSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pipeline } from 'node:stream/promises';

/** One thing that a recipe makes. */
export interface Recipe {
  readonly name: string;
  /** Folder with build.sh and everything it reads. */
  readonly folder: string;
  /** Folders of other artefacts it needs. */
  readonly needs: readonly string[];
  readonly makes: readonly string[];
  /** What it costs on two cores, for people who wait. */
  readonly takes: string;
}

/** The folder with what the recipe makes. A folder is complete or absent; its name is a digest of the recipe and of what it needs. */
export async function ensureBuilt(
  recipe: Recipe,
  { cache, say }: { readonly cache: string; readonly say: (line: string) => void },
): Promise<string> {
  const folder = join(cache, `${recipe.name}-${await digestOf(recipe)}`);
  const fault = await faultOf(folder, recipe.makes);
  if (fault === undefined) return folder;
  if (fault !== 'absent') say(`${recipe.name}: ${fault}, building it again`);
  say(`${recipe.name}: building it (${recipe.takes}, once)`);
  const began = Date.now();
  const draft = `${folder}.${randomUUID().slice(0, 8)}`;
  const work = join(draft, 'work');
  await mkdir(work, { recursive: true });
  try {
    await build(recipe, work, draft, say);
    await rm(work, { recursive: true, force: true });
    const sums = await Promise.all(recipe.makes.map(async (file) => `${await sha256(join(draft, file))}  ${file}\n`));
    await writeFile(join(draft, 'SHA256SUMS'), sums.join(''));
    await rm(folder, { recursive: true, force: true });
    await rename(draft, folder);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  say(`${recipe.name}: built in ${Math.round((Date.now() - began) / 1000)} s, kept in ${folder}`);
  return folder;
}

/** Runs the recipe, and says every now and then that it still runs. */
async function build(
  { name, folder, needs }: Recipe,
  work: string,
  out: string,
  say: (line: string) => void,
): Promise<void> {
  const began = Date.now();
  let step = 'starting';
  let last = Date.now();
  const ticker = setInterval(() => {
    if (Date.now() - last < 20_000) return;
    last = Date.now();
    say(`${name}: still ${step}, ${Math.round((last - began) / 1000)} s`);
  }, 5_000);
  try {
    const child = spawn('bash', [join(folder, 'build.sh'), work, ...needs, out], { stdio: ['ignore', 'pipe', 'pipe'] });
    let complaints = '';
    child.stderr.on('data', (chunk: Buffer) => (complaints = (complaints + chunk.toString()).slice(-8_000)));
    createInterface(child.stdout).on('line', (line) => {
      step = line;
      last = Date.now();
      say(`${name}: ${line}`);
    });
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    if (code === 0) return;
    throw new Error(
      `building the ${name} failed with ${code} while ${step}:\n${complaints.trim().split('\n').slice(-15).join('\n')}`,
    );
  } finally {
    clearInterval(ticker);
  }
}

async function digestOf({ folder, needs }: Recipe): Promise<string> {
  const hash = createHash('sha256');
  for (const file of globSync('**', { cwd: folder }).sort()) {
    if (!statSync(join(folder, file)).isFile()) continue;
    hash
      .update(`${file}\0`)
      .update(await readFile(join(folder, file)))
      .update('\0');
  }
  for (const need of needs) hash.update(await readFile(join(need, 'SHA256SUMS')));
  return hash.digest('hex').slice(0, 16);
}

/** Why a cached folder cannot be used: `absent`, or what is wrong with it. */
async function faultOf(folder: string, files: readonly string[]): Promise<string | undefined> {
  if (!existsSync(folder)) return 'absent';
  const sums = await readFile(join(folder, 'SHA256SUMS'), 'utf8').catch(() => '');
  for (const file of files) {
    const sum = await sha256(join(folder, file)).catch(() => undefined);
    if (sum === undefined || !sums.includes(`${sum}  ${file}\n`)) return `${join(folder, file)} is not what was built`;
  }
  return undefined;
}

async function sha256(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), hash);
  return hash.digest('hex');
}
