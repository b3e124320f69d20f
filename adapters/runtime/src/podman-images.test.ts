import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { LibpodClient } from "./libpod-client.ts";
import { PodmanImages } from "./podman-images.ts";

describe("PodmanImages, with an engine that has one image", () => {
  const folder = mkdtempSync(join(tmpdir(), "images-"));
  const client = new LibpodClient(join(folder, "s"));
  const images = new PodmanImages(client);
  const calls: string[] = [];
  /** Who wanted to pull, in the order of the tries. */
  const askers: string[] = [];
  /** What comes of a pull: an image that is private wants the right password. */
  function pulled(url: string, auth: unknown): string {
    const text = typeof auth === "string" ? Buffer.from(auth, "base64url").toString() : "{}";
    const { username = "nobody", password } = JSON.parse(text);
    askers.push(username);
    if (!url.startsWith("pull?reference=quay.io")) return '{"error":"no route to registry"}\n';
    const isRefused = url.includes("/private") && password !== "honey?>";
    return isRefused ? '{"error":"denied"}\n' : '{"stream":"x"}\n{"id":"a"}\n';
  }
  const server = createServer((request, response) => {
    const url = decodeURIComponent(request.url ?? "").replace("/v4.0.0/libpod/images/", "");
    calls.push(url);
    request.resume();
    if (url.endsWith("/exists")) response.writeHead(url.includes("/here") ? 204 : 404).end();
    else if (url === "json") response.end('[{"RepoTags":["localhost/here:1"],"Size":7}]');
    else if (url.startsWith("pull")) response.end(pulled(url, request.headers["x-registry-auth"]));
    else request.on("end", () => response.end("{}"));
  });

  before(async () => {
    server.listen(join(folder, "s"));
    await once(server, "listening");
  });
  after(() => {
    client.close();
    server.close();
    rmSync(folder, { recursive: true });
  });

  test("lists it", async () => {
    assert.deepEqual(await images.list(), [{ names: ["localhost/here:1"], sizeBytes: 7 }]);
  });

  test("uses what is there, and pulls what may be pulled", async () => {
    const here = await images.provide({ image: "localhost/here:1", pull: "IfNotPresent" });
    assert.equal(here, "localhost/here:1");
    assert(!(await images.has("localhost/none:1")));
    calls.length = 0;
    const wanted = { image: "quay.io/a/b:1", pull: "Always" } as const;
    await Promise.all([images.provide(wanted), images.provide(wanted)]);
    assert.equal(calls.length, 1, "one pull serves both");
  });

  test("asks with the credentials that it has, one after another", async () => {
    const wanted = { image: "quay.io/a/private:1", pull: "Always" } as const;
    const bad = { username: "bad", password: "x" };
    const good = { username: "good", password: "honey?>" };
    askers.length = 0;
    await images.provide({ ...wanted, credentials: [bad, good, bad] });
    assert.deepEqual(askers, ["bad", "good"]);
    await assert.rejects(images.provide({ ...wanted, credentials: [bad] }), /denied/u);
  });

  test("does not let in by another's pull", async () => {
    const wanted = { image: "quay.io/a/private:1", pull: "Always" } as const;
    const good = { username: "good", password: "honey?>" };
    const [granted, refused] = await Promise.allSettled([
      images.provide({ ...wanted, credentials: [good] }),
      images.provide(wanted),
    ]);
    assert.deepEqual([granted.status, refused.status], ["fulfilled", "rejected"]);
  });

  test("says why there is no image", async () => {
    await assert.rejects(images.provide({ image: "none", pull: "Never" }), {
      code: "image-missing",
    });
    await assert.rejects(images.provide({ image: "none", pull: "IfNotPresent" }), {
      code: "image-pull-failed",
      message: "Cannot pull image docker.io/library/none: no route to registry",
    });
  });

  test("imports a file tree with what it needs to be run", async () => {
    const tarPath = join(folder, "x.tar");
    writeFileSync(tarPath, "tar");
    calls.length = 0;
    await images.import({ name: "localhost/x:1", tarPath, entrypoint: ["/x"], env: { A: "b" } });
    const query = new URLSearchParams(calls[0]?.replace("import?", ""));
    assert.deepEqual(query.getAll("changes"), ['ENTRYPOINT ["/x"]', 'ENV A="b"']);
  });
});
