import { execFileSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { conformsToRuntime, type RuntimeBench } from "../../../test/conformance/runtime.ts";
import { findCommand } from "./command.ts";
import { createRuntime } from "./create-runtime.ts";
import { helloImage, makeHelloImage } from "./hello-image.ts";
import { destroyStore } from "./store.ts";

const sidecarPath = join(import.meta.dirname, "../../../apps/sidecar/src/main.ts");

function cannotRun(): string | false {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return "needs root on Linux";
  const missing = ["podman", "busybox"].filter((tool) => findCommand(tool) === undefined);
  return missing.length > 0 && `not installed: ${missing.join(", ")}`;
}

async function makeBench(): Promise<RuntimeBench> {
  const directory = mkdtempSync(join(tmpdir(), "podman-"));
  const options = { driver: "podman", directory, sidecarPath } as const;
  try {
    let runtime = await createRuntime(options);
    await makeHelloImage(runtime);
    return {
      runtime,
      image: helloImage,
      path: (path) => path,
      async restart() {
        await runtime.close();
        runtime = await createRuntime(options);
        return runtime;
      },
      async removeBehind(uid) {
        const found = (await runtime.list()).find((pod) => pod.uid === uid);
        const url = `unix://${join(directory, "podman", "podman.sock")}`;
        const pod = `${found?.name}.${found?.namespace}.${uid}`;
        execFileSync("podman", ["--url", url, "pod", "rm", "--force", "--time", "0", pod]);
      },
      async dispose() {
        await runtime.close();
        await destroyStore(directory);
      },
    };
  } catch (error) {
    await destroyStore(directory);
    throw error;
  }
}

conformsToRuntime("PodmanRuntime", makeBench, { skip: cannotRun() });
