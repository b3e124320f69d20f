import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { openTun } from "./tun.ts";

const skip =
  (process.platform !== "linux" || process.getuid?.() !== 0 || !existsSync("/dev/net/tun")) &&
  "needs root on Linux with /dev/net/tun";

test("openTun reads the packets that are sent to its device", { skip }, () => {
  // In a network of its own, so that nothing of it shows in this computer's.
  const script = `
    import { execFileSync } from "node:child_process";
    import { readSync } from "node:fs";
    import { createSocket } from "node:dgram";
    import { openTun } from ${JSON.stringify(join(import.meta.dirname, "tun.ts"))};
    const fd = openTun("bee0");
    execFileSync("ip", ["addr", "add", "10.9.8.7/24", "dev", "bee0"]);
    execFileSync("ip", ["link", "set", "bee0", "up"]);
    const socket = createSocket("udp4");
    socket.send("hello", 5300, "10.9.8.1", () => {
      const packet = Buffer.alloc(2048);
      for (;;) {
        const length = readSync(fd, packet);
        // IPv6 greets the neighbours first.
        if (packet[0] >> 4 !== 4) continue;
        console.log(packet.subarray(28, length).toString(), packet.readUInt16BE(22));
        process.kill(process.pid, "SIGKILL");
      }
    });`;
  const argv = [
    "-s",
    "KILL",
    "20",
    "unshare",
    "-n",
    process.execPath,
    "--input-type=module",
    "-e",
    script,
  ];
  let printed = "";
  try {
    execFileSync("timeout", argv, { stdio: ["ignore", "pipe", "inherit"] });
  } catch (error) {
    // It ends itself by a signal, for a read of the device may wait for ever.
    printed = String(Object(error).stdout);
  }
  assert.equal(printed, "hello 5300\n");
});

test("openTun refuses a name that is none", () => {
  assert.throws(() => openTun("a/b"), { code: "kernel-refused" });
});
