/** A full disk, a clock that jumps: a clear condition, and nothing acknowledged is lost. */
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { Now } from "@beemesh/base";
import { presentNow } from "./host.ts";
import {
  mapNamed,
  mapsPath,
  podNamed,
  podsPath,
  type StageMachine,
  until,
  withStage,
} from "./stage.test.ts";

/** Whether a small file system can be mounted here; else why not. */
function cannotMount(): string | false {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return "needs root on Linux";
  const folder = mkdtempSync(join(tmpdir(), "mount-"));
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", folder]);
  if (mounted.status === 0) execFileSync("umount", [folder]);
  rmSync(folder, { recursive: true });
  return mounted.status === 0 ? false : "tmpfs cannot be mounted here";
}

/** Runs `play` with the machine's store on a disk of 24 MiB. */
async function withSmallDisk(
  machine: StageMachine,
  play: (fill: () => void, free: () => void) => Promise<void>,
): Promise<void> {
  const folder = machine.home.data;
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=24m", "tmpfs", folder]);
  const ballast = join(folder, "ballast");
  try {
    await play(
      () => spawnSync("dd", ["if=/dev/zero", `of=${ballast}`, "bs=4k"]),
      () => rmSync(ballast),
    );
  } finally {
    await machine.stop();
    execFileSync("umount", ["--lazy", folder]);
  }
}

describe("a full disk", { skip: cannotMount() }, () => {
  test("refuses writes and says what to do; pods and what was acknowledged stay", async () => {
    await withStage(async (make) => {
      const machine = make("m1");
      await withSmallDisk(machine, async (fill, free) => {
        machine.found();
        await machine.plantImage();
        await machine.start();
        await machine.call("POST", podsPath, podNamed("web"));
        await until("the pod runs", async () => (await machine.phase("web")) === "Running");
        const acknowledged: string[] = [];
        const write = async (name: string): Promise<number> => {
          const { status, text } = await machine.call("POST", mapsPath, mapNamed(name, 2000));
          if (status === 201) acknowledged.push(name);
          else assert.match(text, /free space/u);
          return status;
        };
        for (let index = 0; index < 20; index += 1) await write(`before-${index}`);
        fill();
        const refused = await write("while-full");
        assert.equal(refused, 503);
        await until("the Node says so", async () =>
          /^True: .*free space/u.test(await machine.condition("DiskPressure")),
        );
        assert.match(await machine.condition("Ready"), /^False: .*free space/u);
        assert.equal(await machine.phase("web"), "Running");
        assert.equal((await machine.callClassic("/healthz")).status, 503);
        assert.match(machine.log.join(""), /error Machine is in trouble part=disk/u);
        free();
        await until("it is well again", async () =>
          (await machine.condition("Ready")).startsWith("True"),
        );
        assert.equal(await write("after"), 201);
        await machine.stop();
        await machine.start();
        for (const name of acknowledged) {
          assert.equal((await machine.call("GET", `${mapsPath}/${name}`)).status, 200, name);
        }
        assert.equal(acknowledged.length, 21);
        await machine.call("DELETE", `${podsPath}/web`);
        await until("the pod is gone", async () => (await machine.phase("web")) === "");
      });
    });
  });

  test("a machine starts and answers on a disk that is full already", async () => {
    await withStage(async (make) => {
      const machine = make("m1");
      await withSmallDisk(machine, async (fill, free) => {
        machine.found();
        await machine.start();
        assert.equal((await machine.call("POST", mapsPath, mapNamed("kept"))).status, 201);
        await machine.stop();
        fill();
        await machine.start();
        assert.equal((await machine.call("GET", `${mapsPath}/kept`)).status, 200);
        assert.equal((await machine.call("POST", mapsPath, mapNamed("new"))).status, 503);
        free();
        await until("it takes writes", async () => {
          const { status } = await machine.call("POST", mapsPath, mapNamed("new"));
          return status === 201;
        });
      });
    });
  });
});

describe("a clock that jumps", () => {
  test("is told on the Node, and records stay and go on", async () => {
    await withStage(async (make) => {
      let jumpMs = 0;
      const clock = (): Now => {
        const now = presentNow();
        return { ...now, wallMs: now.wallMs + jumpMs };
      };
      const [first, second, third] = [make("m1"), make("m2"), make("m3", { clock })];
      first.found();
      await first.start();
      for (const machine of [second, third]) {
        machine.join(first);
        await machine.start();
      }
      await until("three are ready", async () => (await readyCount(first)) === 3);
      await first.plantImage();
      assert.equal((await third.call("POST", mapsPath, mapNamed("before"))).status, 201);
      for (const [direction, byMs] of [
        ["ahead of", 3 * 3_600_000],
        ["behind", -3 * 3_600_000],
      ] as const) {
        jumpMs = byMs;
        await until(`the Node says ${direction}`, async () =>
          (await third.condition("ClockSkewed")).includes(direction),
        );
        assert.match(await third.condition("Ready"), /^True/u);
        const name = direction.slice(0, 5);
        assert.equal((await third.call("POST", mapsPath, mapNamed(name))).status, 201);
        const arrived = async (): Promise<boolean> => {
          const { status } = await first.call("GET", `${mapsPath}/${name}`);
          return status === 200;
        };
        await until("others hold it", arrived, agreeMsMax);
        const change = { ...mapNamed(name), data: { text: "by another" } };
        assert.equal((await first.call("PUT", `${mapsPath}/${name}`, change)).status, 200);
        const isNewer = async (): Promise<boolean> => {
          const { text } = await third.call("GET", `${mapsPath}/${name}`);
          return text.includes("by another");
        };
        await until("the newer write holds", isNewer, agreeMsMax);
      }
      assert.equal((await third.call("GET", `${mapsPath}/before`)).status, 200);
      assert.equal(await readyCount(first), 3);
      assert.match(third.log.join(""), /Wall clock jumped/u);
      jumpMs = 0;
      await until("the clock agrees", async () =>
        (await third.condition("ClockSkewed")).startsWith("False"),
      );
    });
  });
});

/** Registries compare, and tell each other their clocks, every half minute: twice, and some. */
const agreeMsMax = 90_000;

/** How many Nodes one machine sees ready. */
async function readyCount(machine: StageMachine): Promise<number> {
  const states = ["m1", "m2", "m3"].map((name) => machine.condition("Ready", name));
  return (await Promise.all(states)).filter((state) => state.startsWith("True")).length;
}
