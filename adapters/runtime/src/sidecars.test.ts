import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Duplex } from "node:stream";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import type { SidecarLine } from "@beemesh/ports";
import { portOf } from "../../../test/port-of.ts";
import { unmountUnder } from "./mounts.ts";
import { makeNamespaces, namespacePath } from "./namespaces.ts";
import { commandLineOf, processNumbers, signal } from "./process-table.ts";
import { Sidecars } from "./sidecars.ts";

const skip = (process.platform !== "linux" || process.getuid?.() !== 0) && "needs root on Linux";
const sidecarPath = join(import.meta.dirname, "../../../apps/sidecar/src/main.ts");

test("a sidecar leads into the pod, is taken over by a successor and raised again", {
  skip,
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), "sidecars-"));
  const namespaces = join(folder, "namespaces");
  const network = namespacePath(namespaces, "net");
  const site = { uid: "u1", network, ip: "10.1.2.3", ip6: "fdbe:e000::1:2:3:4" };
  const sidecarNumbers = (): number[] =>
    processNumbers().filter((pid) => commandLineOf(pid).includes(join(folder, "sidecars")));
  await makeNamespaces({ folder: namespaces, hostname: "web", ip: site.ip, ip6: site.ip6 });
  // A service in the pod that says hello to whoever comes, on the pod's own address only.
  const code = `const up = () => process.stdout.write("up");
    require("net").createServer((s) => s.end("hello")).listen(80, "${site.ip}", up)`;
  const service = spawn("nsenter", [`--net=${network}`, process.execPath, "-e", code]);
  try {
    await once(service.stdout, "data");
    const first = new Sidecars({ folder, sidecarPath });
    first.keep(site);
    assert.equal(await text(await first.enter("u1", 80)), "hello");
    await assert.rejects(first.enter("u1", 81), { code: "connection-refused" });
    await assert.rejects(first.enter("u2", 80), { code: "pod-unknown" });
    first.close();

    const [earlier = 0] = sidecarNumbers();
    const second = new Sidecars({ folder, sidecarPath });
    second.keep(site);
    assert.equal(await text(await second.enter("u1", 80)), "hello");
    assert.deepEqual(sidecarNumbers(), [earlier], "the sidecar that stood there is used");

    // Nobody listened until now; and a listener that comes later hears it from the beginning too.
    for (const round of ["first", "second"]) {
      const { promise, resolve } = Promise.withResolvers<SidecarLine>();
      const stop = second.onLine(resolve);
      const { channel, descriptors, uid } = await promise;
      assert.equal(uid, "u1");
      assert(statSync(descriptors).isSocket());
      assert(channel instanceof Duplex);
      const [hello]: Buffer[] = await once(channel, "data");
      assert.match(String(hello), /^\{"kind":"ready","pid":\d+\}\n/u, round);
      stop();
    }
    // What is no TLS is hung up on, by the sidecar itself: nothing of it is read here.
    const carried = await second.carry("u1");
    assert(carried.isPaused() && carried.readableLength === 0 && carried.writableLength === 0);
    const closed = new Promise((resolve) => carried.once("close", resolve));
    carried.resume().end("GET / HTTP/1.1\r\n\r\n");
    await closed;

    signal(earlier, "SIGKILL");
    while (sidecarNumbers().includes(earlier))
      await new Promise((resolve) => setImmediate(resolve));
    const anew = await second.carry("u1");
    assert(!anew.destroyed, "whoever is carried waits until the sidecar is there again");
    anew.destroy();
    assert.equal(await text(await second.enter("u1", 80)), "hello");
    await second.drop("u1");
    assert.deepEqual(sidecarNumbers(), []);
    await assert.rejects(second.enter("u1", 80), { code: "pod-unknown" });
    await assert.rejects(second.carry("u1"), { code: "pod-unknown" });
    second.close();
  } finally {
    service.kill("SIGKILL");
    for (const pid of sidecarNumbers()) signal(pid, "SIGKILL");
    await unmountUnder(folder);
    rmSync(folder, { recursive: true });
  }
});

test("a sidecar beside a program outside pods leads to its address, and needs no root", {
  skip: process.platform !== "linux" && "Linux only",
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), "sidecars-"));
  const sidecarNumbers = (): number[] =>
    processNumbers().filter((pid) => commandLineOf(pid).includes(join(folder, "sidecars")));
  const server = createServer((socket) => void socket.end("hello"));
  try {
    await once(server.listen(0, "127.0.0.2"), "listening");
    const port = portOf(server);
    const site = { uid: "x1", address: "127.0.0.2", serviceAccount: "db", reaches: [] };
    const first = new Sidecars({ folder, sidecarPath });
    first.keep(site);
    assert.equal(await text(await first.enter("x1", port)), "hello");
    assert.deepEqual([first.has("x1"), first.has("x2")], [true, false]);
    const earlier = sidecarNumbers();
    assert.equal(earlier.length, 1);
    first.close();

    const second = new Sidecars({ folder, sidecarPath });
    second.keep(site);
    await second.carry("x1").then((carried) => carried.destroy());
    await second.sweep();
    assert.deepEqual(sidecarNumbers(), earlier, "it is taken over, and kept by a sweep");
    second.close();

    // Another address or identity is another sidecar; the one that nobody wants is swept away.
    const third = new Sidecars({ folder, sidecarPath });
    third.keep({ ...site, address: "127.0.0.1" });
    await assert.rejects(third.enter("x1", port), { code: "connection-refused" });
    await third.sweep();
    const [later, ...more] = sidecarNumbers();
    assert(later !== undefined && more.length === 0 && !earlier.includes(later));
    await third.drop("x1");
    assert.deepEqual(sidecarNumbers(), []);
    assert.deepEqual(readdirSync(join(folder, "sidecars")), []);
    third.close();
  } finally {
    server.close();
    for (const pid of sidecarNumbers()) signal(pid, "SIGKILL");
    rmSync(folder, { recursive: true });
  }
});
