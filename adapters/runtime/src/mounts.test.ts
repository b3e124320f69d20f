import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { mountsUnder, parseMounts, unmountUnder } from "./mounts.ts";

test("parseMounts reads paths, also those with white space", () => {
  const mountinfo = [
    "22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw",
    "30 22 0:4 net:[4026532] /pods/a\\040b/net rw shared:7 - nsfs nsfs rw",
    "",
  ].join("\n");
  assert.deepEqual(parseMounts(mountinfo), ["/", "/pods/a b/net"]);
});

test("mountsUnder gives what is below, not what merely starts alike", {
  skip: !existsSync("/proc/self/mountinfo") && "no /proc",
}, async () => {
  assert(mountsUnder("/proc").includes("/proc"));
  assert.deepEqual(mountsUnder("/pro"), []);
  await unmountUnder("/no/such/folder");
});
