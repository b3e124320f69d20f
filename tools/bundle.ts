/**
 * Makes the daemon one small file, `.cache/bundle/up.mjs`, which takes less memory than its many
 * sources. `beemesh up` runs it while it is of just the sources that are there, which
 * `inputs.txt` beside it tells: a hash, and the files that it is of.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { build, type Plugin } from "esbuild";
import { freshBundle, hashOfFiles } from "../apps/cli/src/bundle.ts";

const root = join(import.meta.dirname, "..");
const folder = join(root, ".cache/bundle");

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

if (freshBundle(root) === undefined) {
  process.stderr.write("beemesh: bundling the daemon (once for each change)\n");
  const { metafile } = await build({
    entryPoints: [join(root, "apps/cli/src/up-main.ts")],
    outfile: join(folder, "up.mjs"),
    absWorkingDir: root,
    bundle: true,
    minify: true,
    keepNames: true,
    platform: "node",
    target: "node26",
    format: "esm",
    metafile: true,
    logLevel: "warning",
    external: ["@chainsafe/libp2p-quic"],
    plugins: [place],
    // Packages in the old format ask for modules at run time.
    banner: {
      js: 'import { createRequire as __createRequire } from "node:module";const require = __createRequire(import.meta.url);',
    },
  });
  const sources = Object.keys(metafile.inputs).filter((path) => !path.includes("node_modules/"));
  const inputs = ["package-lock.json", "tools/bundle.ts", ...sources.toSorted()];
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "inputs.txt"), `${hashOfFiles(root, inputs)}\n${inputs.join("\n")}\n`);
}
