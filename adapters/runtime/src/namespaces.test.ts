import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { run } from "./command.ts";
import { unmountUnder } from "./mounts.ts";
import { haveNamespaces, makeNamespaces, namespacePath } from "./namespaces.ts";

const skip = (process.platform !== "linux" || process.getuid?.() !== 0) && "needs root on Linux";

test("a pod's namespaces have a loopback, an address and a name, and nothing else", {
  skip,
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), "namespaces-"));
  try {
    assert(!haveNamespaces(folder));
    await makeNamespaces({ folder, hostname: "web-0", ip: "10.1.2.3" });
    assert(haveNamespaces(folder));
    const enter = (...command: string[]): Promise<string> =>
      run("nsenter", [
        `--net=${namespacePath(folder, "net")}`,
        `--uts=${namespacePath(folder, "uts")}`,
        ...command,
      ]);
    assert.equal(await enter("uname", "-n"), "web-0\n");
    const links = (await enter("ip", "-brief", "address")).trim().split("\n");
    assert.equal(links.length, 1);
    assert.match(links[0] ?? "", /^lo .*127\.0\.0\.1\/8 10\.1\.2\.3\/32/u);
  } finally {
    await unmountUnder(folder);
    rmSync(folder, { recursive: true });
  }
});
