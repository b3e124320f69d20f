/**
 * Makes the daemon and the sidecar one small file each in `.cache/bundle`, which take less memory
 * than their many sources. They are run while they are of just the sources that are there, which a
 * list beside each tells: a hash, and the files that it is of.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { type BuildOptions, build, type Plugin } from "esbuild";
import {
  type BundleName,
  bundleFolder,
  freshBundle,
  hashOfFiles,
} from "../apps/bundle/src/index.ts";

const root = join(import.meta.dirname, "..");
const folder = join(root, bundleFolder);

/** A module asks where it lies to find files beside it; those stay where they are. */
const place: Plugin = {
  name: "place",
  setup: (bundler) => {
    bundler.onLoad({ filter: /\/apps\/[^/]+\/src\/.*\.ts$/ }, async ({ path }) => {
      const source = await readFile(path, "utf8");
      const from = JSON.stringify(`/${relative(folder, dirname(path))}`);
      const contents = source.replaceAll("import.meta.dirname", `(import.meta.dirname + ${from})`);
      return { contents, loader: "ts" };
    });
  },
};

const common: BuildOptions = {
  absWorkingDir: root,
  bundle: true,
  minify: true,
  platform: "node",
  target: "node26",
  format: "esm",
  metafile: true,
  logLevel: "warning",
  plugins: [place],
};

/** What each program is made of, and how. */
const programs: Readonly<Record<BundleName, BuildOptions>> = {
  up: {
    entryPoints: [join(root, "apps/cli/src/up-main.ts")],
    // Names are in what is logged of errors.
    keepNames: true,
    external: ["@chainsafe/libp2p-quic"],
    // Packages in the old format ask for modules at run time.
    banner: {
      js: 'import { createRequire as __createRequire } from "node:module";const require = __createRequire(import.meta.url);',
    },
  },
  sidecar: { entryPoints: [join(root, "apps/sidecar/src/main.ts")] },
};

async function bundle(name: BundleName): Promise<void> {
  const outfile = join(folder, `${name}.mjs`);
  const { metafile } = await build({ ...common, ...programs[name], outfile });
  const sources = Object.keys(metafile?.inputs ?? {});
  const own = sources.filter((path) => !path.includes("node_modules/")).toSorted();
  const inputs = ["package-lock.json", "tools/bundle.ts", ...own];
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, `${name}.txt`),
    `${hashOfFiles(root, inputs)}\n${inputs.join("\n")}\n`,
  );
}

const names: readonly BundleName[] = ["up", "sidecar"];
const stale = names.filter((name) => freshBundle(root, name) === undefined);
if (stale.length > 0) {
  process.stderr.write("beemesh: bundling the daemon and the sidecar (once for each change)\n");
  await Promise.all(stale.map(bundle));
}
