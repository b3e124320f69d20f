import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { findCommand, run } from "./command.ts";
import { helloImage, makeHelloImage } from "./hello-image.ts";
import type { ImageSource } from "./image-source.ts";
import { ProcessRuntime } from "./process.ts";

// That the image serves what it should is part of the conformance suite of the drivers.
test("the example image of Podman is a file system with a shell and a user", {
  skip: findCommand("busybox") === undefined && "busybox is not installed",
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), "hello-"));
  try {
    const runtime = await ProcessRuntime.open({ folder, reason: "tested" });
    const sources: (ImageSource & { readonly files: string })[] = [];
    const engine = Object.assign(Object.create(runtime), {
      name: "podman",
      async importImage(source: ImageSource) {
        sources.push({ ...source, files: await run("tar", ["-tf", source.tarPath]) });
      },
    });
    await makeHelloImage(engine);
    assert.equal(sources[0]?.name, helloImage);
    for (const path of ["./bin/sh", "./bin/busybox", "./etc/passwd", "./tmp/"])
      assert(sources[0].files.split("\n").includes(path), path);
    await runtime.close();
  } finally {
    rmSync(folder, { recursive: true });
  }
});
