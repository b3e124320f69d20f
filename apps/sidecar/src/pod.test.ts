/** Sidecars as processes, in networks of their own, and programs that know nothing of them. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, describe, test } from "node:test";
import { has, type RealPod, RealStage } from "./testing/real-stage.ts";

const skip = (process.platform !== "linux" || process.getuid?.() !== 0) && "needs root on Linux";

describe("programs of a pod", { skip }, () => {
  const stage = new RealStage();
  let web: RealPod;
  let db: RealPod;

  before(async () => {
    [web, db] = [await stage.pod("web"), await stage.pod("db")];
    const serve = `
      const { createServer } = require("node:net");
      createServer({ allowHalfOpen: true }, (s) => { s.on("error", () => {}); s.pipe(s); })
        .listen(7, "::", () =>
          require("node:http").createServer((q, s) => s.end("hello " + q.url))
            .listen(80, "::", () => process.stdout.write("up")));`;
    const server = stage.start(db, [process.execPath, "-e", serve]);
    assert(server.stdout);
    await once(server.stdout, "data");
    for (const port of [7, 80]) {
      stage.route(web, db, { protocol: "tcp", ip: "10.96.7.7", port });
      stage.route(web, db, { protocol: "tcp", ip: "fd00:96::7", port });
    }
  });
  after(() => stage.close());

  test("reach another pod by IPv4 and by IPv6, whatever they are", async () => {
    const code = (host: string): string =>
      `const s = require("node:net").connect(7, "${host}"); s.end("node"); s.pipe(process.stdout)`;
    assert.equal(await stage.run(web, [process.execPath, "-e", code("10.96.7.7")]), "node");
    assert.equal(await stage.run(web, [process.execPath, "-e", code("fd00:96::7")]), "node");
  });

  test("busybox nc and wget", { skip: !has("busybox") && "no busybox" }, async () => {
    assert.equal(await stage.run(web, ["busybox", "nc", "10.96.7.7", "7"], "nc"), "nc");
    const url = "http://10.96.7.7/wget";
    assert.equal(await stage.run(web, ["busybox", "wget", "-q", "-O", "-", url]), "hello /wget");
  });

  test("curl", { skip: !has("curl") && "no curl" }, async () => {
    for (const host of ["10.96.7.7", "[fd00:96::7]"]) {
      const answer = await stage.run(web, ["curl", "-s", `http://${host}/curl`]);
      assert.equal(answer, "hello /curl");
    }
  });

  test("are refused where nothing leads", { skip: !has("curl") && "no curl" }, async () => {
    for (const host of ["10.96.9.9", "[2001:db8::1]", "192.168.1.1"]) {
      const answer = await stage.run(web, ["curl", "-sS", `http://${host}/`]);
      assert.match(answer, /reset by peer|Couldn't connect/u);
    }
    // What is asked for later is answered later: by then all refusals have been told.
    await web.machine.metrics();
    const targets = web.machine.refusals.map(({ target }) => target);
    assert.deepEqual(targets, ["10.96.9.9", "2001:db8::1", "192.168.1.1"]);
  });

  test("a sidecar has no rights left", async () => {
    const status = await stage.run(web, ["cat", `/proc/${web.sidecar.pid}/status`]);
    assert.match(status, /^Uid:\t65534\t65534\t65534\t65534$/mu);
    assert.match(status, /^CapEff:\t0+$/mu);
  });
});
