/** What every Runtime must do with what a container says of users, groups and rights. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { ContainerSecurity } from "../../core/ports/src/index.ts";
import type { Stage } from "./runtime-stage.ts";

/** Processes of a machine are whoever started them, unless that was root. */
const needsRoot = process.getuid?.() !== 0 && "needs root";

/** Checks as whom containers run, and what they may do. */
export function secures(stage: Stage): void {
  runsAs(stage);
  limitsRights(stage);
  closesFiles(stage);
}

/** What a script says that runs as it is told. */
async function said(stage: Stage, script: string, security: ContainerSecurity): Promise<string> {
  let output = "";
  await stage.withPod(async (uid) => {
    output = await stage.output(uid, stage.script(script, { security }));
  });
  return output;
}

function runsAs(stage: Stage): void {
  const says = (script: string, security: ContainerSecurity): Promise<string> =>
    said(stage, script, security);

  test("runs a container as a user, with groups", { skip: needsRoot }, async () => {
    const ids = "echo $(id -u) $(id -g) $(id -G)";
    assert.equal(
      await says(ids, { uid: 1234, gid: 2345, groups: [3456] }),
      "1234 2345 2345 3456\n",
    );
    assert.match(await says(ids, { gid: 2345 }), /^0 2345 /u);
    assert.match(await says(ids, { uid: 1234, nonRoot: true }), /^1234 /u);
  });

  test("refuses who would be root and must not", { skip: needsRoot }, async () => {
    const refused = { code: "user-refused", message: /image will run as root$/u };
    await stage.withPod(async (uid) => {
      for (const security of [{ nonRoot: true }, { nonRoot: true, gid: 7 }]) {
        const start = stage.runtime.startContainer(uid, stage.script("true", { security }), 0);
        await assert.rejects(start, refused);
      }
    });
  });
}

function limitsRights(stage: Stage): void {
  const says = (script: string, security: ContainerSecurity): Promise<string> =>
    said(stage, script, security);

  test("gives nobody new rights who must not have them", async () => {
    const bit = "grep NoNewPrivs /proc/self/status | cut -f2";
    assert.equal(await says(bit, { noNewPrivileges: true }), "1\n");
    assert.equal(await says(bit, {}), "0\n");
  });

  test("gives and takes rights", async (context) => {
    if (stage.runtime.name !== "podman") return context.skip("processes are not isolated");
    const rights = async (security: ContainerSecurity): Promise<bigint> => {
      const status = await says("grep CapEff /proc/self/status | cut -f2", security);
      return BigInt(`0x${status.trim()}`);
    };
    const netAdmin = 1n << 12n;
    assert.equal(await rights({ dropCapabilities: ["ALL"] }), 0n);
    assert.equal((await rights({})) & netAdmin, 0n);
    const only = { addCapabilities: ["NET_ADMIN"], dropCapabilities: ["ALL"] };
    assert.equal(await rights(only), netAdmin);
    assert.notEqual((await rights({ privileged: true })) & (1n << 21n), 0n, "CAP_SYS_ADMIN");
    const filter = "grep '^Seccomp:' /proc/self/status | cut -f2";
    assert.equal(await says(filter, {}), "2\n");
    assert.equal(await says(filter, { seccompUnconfined: true }), "0\n");
  });

  test("runs a pod by the handler that it asks for, if it is there", async () => {
    const [handler] = stage.runtime.handlers;
    if (handler !== undefined) {
      await stage.withPod(
        async (uid) => assert.equal(await stage.output(uid, stage.script("echo ran")), "ran\n"),
        { handler },
      );
    }
    const other = stage.withPod(async () => {}, { handler: "no-such-handler" });
    await assert.rejects(other, { code: "start-failed", message: /no runtime for/u });
  });

  test("makes settings of the kernel for a pod, or refuses it", async () => {
    const sysctls = { "net.ipv4.tcp_syncookies": "0" };
    const read = stage.withPod(
      async (uid) => {
        const script = "cat /proc/sys/net/ipv4/tcp_syncookies";
        assert.equal(await stage.output(uid, stage.script(script)), "0\n");
      },
      { sysctls },
    );
    if (stage.runtime.name === "podman") await read;
    else await assert.rejects(read, { code: "start-failed" });
  });
}

function closesFiles(stage: Stage): void {
  test("closes a container's file system, but not its volumes", async (context) => {
    if (stage.runtime.name !== "podman") return context.skip("processes are not isolated");
    const volumes = [{ name: "data", kind: "empty", inMemory: false }] as const;
    const mounts = [{ volume: "data", path: "/data", readOnly: false }];
    const script = "exec 2>&1; echo x >/file; echo y >/data/file && cat /data/file";
    await stage.withPod(
      async (uid) => {
        const plan = stage.script(script, { mounts, security: { readOnlyRoot: true } });
        assert.match(await stage.output(uid, plan), /Read-only file system[^]*y\n$/u);
      },
      { volumes },
    );
  });

  test("gives volumes to a group", { skip: needsRoot }, async (context) => {
    if (stage.runtime.name !== "podman") return context.skip("folders of pods are closed");
    const group = 4567;
    const files = [{ path: "deep/key", content: "a2V5", mode: 0o400 }];
    const volumes = [
      { name: "space", kind: "empty", inMemory: true, group },
      { name: "files", kind: "files", files, group },
    ] as const;
    const security = { uid: 1234, groups: [group] };
    const mounts = volumes.map(({ name }) => ({
      volume: name,
      path: `/mnt/${name}`,
      readOnly: name === "files",
    }));
    const [space, held] = [stage.bench.path("/mnt/space"), stage.bench.path("/mnt/files")];
    const script = `cat ${held}/deep/key; echo >${space}/new; stat -L -c ' %g %a' ${held}/deep/key; stat -c %g ${space}/new`;
    await stage.withPod(
      async (uid) => {
        const plan = stage.script(script, { mounts, security });
        assert.equal(await stage.output(uid, plan), "key 4567 440\n4567\n");
        const renewed = [{ path: "deep/key", content: "bmV3", mode: 0o400 }];
        await stage.runtime.writeFiles(uid, "files", renewed);
        assert.match(await stage.output(uid, plan, 1), /^new 4567 440\n/u);
      },
      { volumes },
    );
  });
}
