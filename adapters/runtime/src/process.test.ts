import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { conformsToRuntime, type RuntimeBench } from "../../../test/conformance/runtime.ts";
import { helloImage, makeHelloImage } from "./hello-image.ts";
import { ProcessRuntime } from "./process.ts";
import { destroyStore } from "./store.ts";

async function makeBench(): Promise<RuntimeBench> {
  const folder = mkdtempSync(join(tmpdir(), "process-"));
  const options = { folder, reason: "tested" };
  let runtime = await ProcessRuntime.open(options);
  await makeHelloImage(runtime);
  return {
    runtime,
    image: helloImage,
    path: (path) => `./${path.slice(1)}`,
    async restart() {
      await runtime.close();
      runtime = await ProcessRuntime.open(options);
      return runtime;
    },
    async removeBehind(uid) {
      rmSync(join(folder, "pods", uid), { recursive: true });
    },
    async dispose() {
      await runtime.close();
      await destroyStore(folder);
    },
  };
}

conformsToRuntime("ProcessRuntime", makeBench, {
  skip: process.platform !== "linux" && "needs /proc",
});
