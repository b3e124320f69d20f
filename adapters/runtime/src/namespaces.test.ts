import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { run } from "./command.ts";
import { mountsUnder, unmountUnder } from "./mounts.ts";
import { haveNamespaces, makeNamespaces, namespacePath } from "./namespaces.ts";

const skip = (process.platform !== "linux" || process.getuid?.() !== 0) && "needs root on Linux";

test("a pod's namespaces have a loopback, a name, and a way to the sidecar", {
  skip,
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), "namespaces-"));
  try {
    assert(!haveNamespaces(folder));
    await makeNamespaces({ folder, hostname: "web-0", ip: "10.1.2.3", ip6: "fdbe:e000::1:2:3:4" });
    assert(haveNamespaces(folder));
    const enter = (...command: string[]): Promise<string> =>
      run("nsenter", [
        `--net=${namespacePath(folder, "net")}`,
        `--uts=${namespacePath(folder, "uts")}`,
        ...command,
      ]);
    assert.equal(await enter("uname", "-n"), "web-0\n");
    const links = (await enter("ip", "-brief", "address")).trim().split("\n");
    assert.equal(links.length, 2);
    assert.match(links[0] ?? "", /^lo .*127\.0\.0\.1\/8 10\.1\.2\.3\/32 fdbe:e000::1:2:3:4/u);
    assert.match(links[1] ?? "", /^beemesh0 +\S+ *$/u, "a device without an address of its own");
    for (const [target, source] of [
      ["1.1.1.1", "10.1.2.3"],
      ["2001:db8::1", "fdbe:e000::1:2:3:4"],
    ] as const) {
      const route = (protocol: string): Promise<string> =>
        enter("ip", "route", "get", target, "ipproto", protocol);
      assert.match(await route("udp"), new RegExp(` dev beemesh0 .*src ${source} `, "u"));
      assert.match(await route("tcp"), new RegExp(`^local .* dev lo .*src ${source} `, "u"));
    }
    assert.match(await enter("ip", "link", "show", "beemesh0"), / mtu 65535 /u);
    const rules = await enter("nft", "list", "ruleset");
    assert.match(rules, /tproxy ip to 127\.0\.0\.1:15001/u);
    assert.match(rules, /tproxy ip6 to \[::1\]:15001/u);
  } finally {
    await unmountUnder(folder);
    rmSync(folder, { recursive: true });
  }
});

test("namespaces that cannot be set up say why, and nothing is left of them", {
  skip,
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), "namespaces-"));
  const pod = { folder, hostname: "web-0", ip: "10.1.2.3", ip6: "fdbe:e000::1:2:3:4" };
  try {
    await assert.rejects(makeNamespaces({ ...pod, ip6: "10.9.9.9" }), {
      code: "start-failed",
      message: /^Cannot make the network of a pod: ./u,
    });
    assert.deepEqual(mountsUnder(folder), []);
    // The next try is a whole one.
    await makeNamespaces(pod);
    assert(haveNamespaces(folder));
  } finally {
    await unmountUnder(folder);
    rmSync(folder, { recursive: true });
  }
});
