import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { closeSync, existsSync, mkdtempSync, openSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { datagramNonBlocking } from "./descriptor-inbox.ts";
import { DescriptorOutbox } from "./descriptor-outbox.ts";
import { libc } from "./libc.ts";
import { unixAddress, unixFamily } from "./message.ts";
import { watchPackets } from "./packet-watch.ts";

const skip =
  (process.platform !== "linux" || process.getuid?.() !== 0 || !existsSync("/dev/net/tun")) &&
  "needs root on Linux with /dev/net/tun";

/** Sends its own datagrams back from where they went, until 100 have come, and then just ends. */
const echo = `
  import { execFileSync } from "node:child_process";
  import { createSocket } from "node:dgram";
  import { writeSync } from "node:fs";
  import { openTun, watchPackets } from ${JSON.stringify(join(import.meta.dirname, "index.ts"))};
  const fd = openTun("bee0");
  for (const args of ["addr add 10.9.8.7/32 dev lo", "link set bee0 up", "link set lo up",
    "route add default dev bee0 src 10.9.8.7"]) execFileSync("ip", args.split(" "));
  const stop = watchPackets(fd, (packet) => {
    // IPv6 greets the neighbours by itself.
    if (packet[0] >> 4 !== 4) return;
    const back = Buffer.from(packet);
    packet.copy(back, 12, 16, 20);
    packet.copy(back, 16, 12, 16);
    packet.copy(back, 20, 22, 24);
    packet.copy(back, 22, 20, 22);
    writeSync(fd, back);
  });
  const socket = createSocket("udp4");
  let got = "";
  socket.on("message", (message, { address, port }) => {
    got += message;
    if (got.length < 100) return;
    console.log(got.length, address, port);
    socket.close();
    stop();
  });
  for (let count = 0; count < 100; count += 1) socket.send("x", 7777, "8.8.4.4");`;

test("watchPackets tells of packets one by one, and lets the process end", { skip }, () => {
  // In a network of its own, so that nothing of it shows in this computer's.
  const argv = ["-n", process.execPath, "--no-warnings", "--input-type=module", "-e", echo];
  const printed = execFileSync("unshare", argv, { timeout: 20_000, encoding: "utf8" });
  assert.equal(printed, "100 8.8.4.4 7777\n");
});

test("watchPackets tells of datagrams, also of empty ones", {
  skip: process.platform !== "linux" && "needs Linux",
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), "watch-"));
  const path = join(folder, "sock");
  const outbox = new DescriptorOutbox();
  const { bind, socket } = libc();
  const fd = socket(unixFamily, datagramNonBlocking, 0);
  const address = unixAddress(path);
  assert.equal(bind(fd, address, address.length), 0);
  const got: string[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const stop = watchPackets(fd, (packet) => {
    if (got.push(packet.toString()) === 4) resolve();
  });
  try {
    for (const text of ["a", "", "", "b"]) {
      assert.equal(outbox.send(path, fd, Buffer.from(text)), "sent");
    }
    await promise;
    assert.deepEqual(got, ["a", "", "", "b"]);
  } finally {
    stop();
    closeSync(fd);
    rmSync(folder, { recursive: true });
  }
});

test("watchPackets refuses what is not open, and leaves nothing open", { skip }, () => {
  const fd = openSync("/dev/null", "r");
  closeSync(fd);
  const before = readdirSync("/proc/self/fd").length;
  assert.throws(() => watchPackets(fd, () => {}), { code: "kernel-refused" });
  assert.equal(readdirSync("/proc/self/fd").length, before);
});
