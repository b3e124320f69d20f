import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createClient, seeNodes, until } from "@beemesh/dev";
import { type Host, isNetworkPossible, openNetwork, runOrThrow } from "@beemesh/lab";
import { destroyStore } from "@beemesh/runtime";

const file = join(import.meta.dirname, "main.ts");
const env = { ...process.env, BEEMESH_RUNTIME: "process", BEEMESH_MDNS: "false" };

/** A command line of `beemesh` on a host, about a data directory. */
function beemesh(host: Host | undefined, data: string, ...argv: string[]): string[] {
  return [...(host?.enter ?? []), process.execPath, file, ...argv, "--data", data];
}

function start(argv: readonly string[]): ChildProcess {
  return spawn(argv[0] ?? "", argv.slice(1), { env, stdio: "ignore" });
}

test("init, up, token, join --up, kubeconfig: two machines on two hosts find each other", {
  skip: !isNetworkPossible() && "needs root on Linux and iproute2",
}, async () => {
  const directory = mkdtempSync(join(tmpdir(), "join-"));
  const network = await openNetwork("clijoin", 2);
  const [one, two] = network.hosts;
  const [first, second] = [join(directory, "a"), join(directory, "b")];
  const daemons: ChildProcess[] = [];
  try {
    await runOrThrow(beemesh(one, first, "init"));
    daemons.push(start(beemesh(one, first, "up", "--name", "first")));
    const token = (await runOrThrow(beemesh(one, first, "token", "--uses", "1"))).trim();
    daemons.push(start(beemesh(two, second, "join", token, "--up")));
    const path = (await runOrThrow(beemesh(one, first, "kubeconfig", "--write"))).trim();
    const client = createClient({
      kubeconfig: readFileSync(path, "utf8"),
      socketPath: join(first, "run", "api.sock"),
    });
    const { found } = await until("two ready machines", 30_000, async () => {
      const nodes = (await seeNodes(client)).filter(({ isReady }) => isReady);
      return nodes.length === 2 ? nodes : undefined;
    });
    assert.deepEqual(
      new Set(found.map(({ address }) => address)),
      new Set(["10.77.0.1", "10.77.0.2"]),
    );
  } finally {
    for (const daemon of daemons) daemon.kill("SIGKILL");
    for (const data of [first, second]) await destroyStore(join(data, "runtime"));
    await network.close();
    rmSync(directory, { recursive: true, force: true });
  }
});
