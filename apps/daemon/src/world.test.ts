import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { readConfig } from "./config.ts";
import { Home } from "./home.ts";
import { createLog } from "./log.ts";
import { Parts } from "./parts.ts";
import { openWorld, systemRandom, type World } from "./world.ts";

const log = createLog({ format: "text", level: "error", write: () => undefined, wallMs: () => 0 });

/** Opens the world of a machine of a fresh mesh. */
async function withWorld(
  change: (home: Home) => void,
  use: (open: () => Promise<World>, parts: Parts) => Promise<void>,
): Promise<void> {
  const data = mkdtempSync(join(tmpdir(), "world-"));
  const settings: Readonly<Record<string, string>> = {
    data,
    runtime: "process",
    meshHost: "127.0.0.1",
    meshPort: "0",
    workloadPort: "0",
    mdns: "false",
  };
  const nothing = (): undefined => undefined;
  const config = readConfig({
    flag: (name) => settings[name],
    environment: nothing,
    file: nothing,
  });
  const home = new Home(data);
  const parts = new Parts();
  try {
    home.initialize(Date.now());
    change(home);
    await use(() => openWorld(config, home.open(), { log, parts }), parts);
  } finally {
    await parts.close();
    rmSync(data, { recursive: true });
  }
}

const asItIs = (): void => undefined;

describe("openWorld", () => {
  test("opens disk, members, runtime and mesh, and lets go of all", async () => {
    await withWorld(asItIs, async (open, parts) => {
      const { disk, directory, link, runtime } = await open();
      assert.match(link.addresses()[0] ?? "", /^\/ip4\/127\.0\.0\.1\/tcp\/\d+\/p2p\//u);
      assert.equal(runtime.name, "process");
      assert.equal(directory.knows(link.id), true);
      disk.set("a", "b");
      await parts.close();
      const { disk: again } = await open();
      assert.equal(again.get("a"), "b");
      assert.match(again.get("identity.members") ?? "", /"kind":"member"/u);
    });
  });

  test("says who uses the data already", async () => {
    await withWorld(
      (home) => mkdirSync(join(home.data, "store")),
      async (open, parts) => {
        const { disk } = await open();
        await assert.rejects(open(), {
          code: "data-in-use",
          message: new RegExp(`${process.pid}`),
        });
        assert.equal(disk.isBehind, false);
        await parts.close();
      },
    );
  });

  test("refuses a certificate that is no good", async () => {
    await withWorld(
      (home) => {
        const path = join(home.data, "identity", "mesh.json");
        const other = new Home(join(home.data, "other"));
        other.initialize(Date.now());
        const { certificate } = other.open();
        const { apiTrust } = home.open();
        writeFileSync(path, JSON.stringify({ version: 1, certificate, bootstrap: [], apiTrust }));
      },
      async (open, parts) => {
        await assert.rejects(open(), { code: "certificate-refused" });
        await parts.close();
      },
    );
  });
});

test("chance of the system stays below its bound", () => {
  for (let index = 0; index < 100; index += 1) assert([0, 1, 2].includes(systemRandom.below(3)));
});
