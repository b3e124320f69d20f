import assert from "node:assert/strict";
import { test } from "node:test";
import { isNetworkPossible, openNetwork } from "./network.ts";
import { run } from "./run.ts";

const skip = isNetworkPossible() ? false : "network namespaces need root on Linux and iproute2";
const canReach = async (enter: readonly string[], address: string): Promise<boolean> =>
  (
    await run([...enter, "bash", "-c", `exec 3<>/dev/tcp/${address}/7`], { timeoutMs: 2000 })
  ).stderr.includes("refused");

test("hosts reach each other until a cable is cut, and leave nothing behind", {
  skip,
}, async () => {
  const name = `t${process.pid % 1_000_000}`;
  const network = await openNetwork(name, 2);
  try {
    const [first, second] = network.hosts;
    assert(first && second);
    // Nothing listens: a reachable host refuses, an unreachable one stays silent.
    assert(await canReach(first.enter, second.address));
    await second.unplug();
    assert(!(await canReach(first.enter, second.address)));
    await second.plug();
    assert(await canReach(first.enter, second.address));
    assert((await first.traffic()).sentBytes > 0);
  } finally {
    await network.close();
  }
  assert(!(await run(["ip", "netns", "list"])).stdout.includes(`beemesh-${name}`));
});
