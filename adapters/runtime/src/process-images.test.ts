import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { run } from "./command.ts";
import { ProcessImages } from "./process-images.ts";

test("an image is imported, found and listed", async () => {
  const folder = mkdtempSync(join(tmpdir(), "images-"));
  try {
    const images = new ProcessImages(join(folder, "store"));
    writeFileSync(join(folder, "file"), "x");
    const tarPath = join(folder, "x.tar");
    await run("tar", ["-C", folder, "-cf", tarPath, "file"]);
    const name = "localhost/deep/x:1";
    const wanted = { image: name, pull: "Never" } as const;
    assert.throws(() => images.find(wanted), { code: "image-missing" });
    for (let times = 0; times < 2; times += 1)
      await images.import({ name, tarPath, entrypoint: ["/x"], cmd: ["a"], env: { A: "b" } });
    const image = images.find(wanted);
    assert.deepEqual([image.entrypoint, image.cmd, image.env], [["/x"], ["a"], { A: "b" }]);
    assert(existsSync(join(image.rootfs, "file")));
    assert.throws(() => images.find({ image: name, pull: "Always" }), {
      code: "image-pull-failed",
    });
    assert.deepEqual((await images.list())[0]?.names, [name]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
