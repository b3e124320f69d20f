import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { run } from "./command.ts";
import { unmountUnder } from "./mounts.ts";
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
    assert.match(links[1] ?? "", /^beemesh0 /u);
    assert.match(await enter("ip", "route", "get", "1.1.1.1", "ipproto", "udp"), /beemesh0/u);
    assert.match(await enter("ip", "route", "get", "1.1.1.1", "ipproto", "tcp"), /^local /u);
    assert.match(await enter("nft", "list", "ruleset"), /tproxy ip to 127\.0\.0\.1:15001/u);
  } finally {
    await unmountUnder(folder);
    rmSync(folder, { recursive: true });
  }
});
