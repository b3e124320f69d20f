/** The peers of `bench proxy` really carry the load, and its figures are judged by their ratio. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { findFreePorts } from "@beemesh/dev";
import { findPrograms, lackOf } from "@beemesh/lab";
import { makePairKeys, startHaproxy, startStunnel } from "./proxy/peers.ts";
import { endProcess, type Measured, measure, startService } from "./proxy/subject.ts";
import { figuresOf } from "./proxy.ts";

const small = { megabytes: 8, echoes: 20, connections: 20, requests: 40, wrkSeconds: 1 };

test("pairs of haproxy and stunnel carry every kind of load", async (t) => {
  const found = findPrograms("haproxy", "stunnel4", "wrk");
  const { haproxy, stunnel4, wrk } = found;
  if (haproxy === undefined || stunnel4 === undefined || wrk === undefined) {
    t.skip(String(lackOf(found)));
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), "beemesh-bench-"));
  const ports = await findFreePorts(15);
  const targets = ports.slice(0, 3);
  const service = await startService([], "127.0.0.1", targets);
  try {
    await makePairKeys(folder);
    const options = { folder, targets };
    for (const pair of [
      await startHaproxy({ ...options, program: haproxy, free: ports.slice(3, 9) }),
      await startStunnel({ ...options, program: stunnel4, free: ports.slice(9, 15) }),
    ]) {
      try {
        const measured = await measure({ ...pair, enter: [], host: "127.0.0.1" }, small, wrk);
        assert.equal(measured.echoMicros.length, small.echoes, pair.name);
        assert.equal(measured.pacedMicros.length, small.requests, pair.name);
        const { oneGbps, manyGbps, requestsPerSecond } = measured;
        assert(oneGbps > 0 && manyGbps > 0 && requestsPerSecond > 0, pair.name);
      } finally {
        await pair.stop();
      }
    }
  } finally {
    await endProcess(service);
    rmSync(folder, { recursive: true, force: true });
  }
});

test("a budget is met by the ratio to haproxy, and stunnel has none", () => {
  const measuredOf = (gbps: number): Measured => ({
    oneGbps: gbps,
    manyGbps: gbps,
    cpuSecondsPerGigabyte: 1,
    echoMicros: [100],
    connectionsPerSecond: 10,
    requestsPerSecond: 1,
    pacedMicros: [1],
  });
  const figures = figuresOf(
    new Map([
      ["sidecars", [measuredOf(5)]],
      ["haproxy", [measuredOf(4)]],
      ["stunnel", [measuredOf(10)]],
    ]),
  );
  const one = figures.filter(({ metric }) => metric === "throughput, 1 connection");
  assert.deepEqual(
    one.map(({ peer, ratio, withinBudget }) => [peer, ratio, withinBudget]),
    [
      ["haproxy", 1.25, true],
      ["stunnel", 0.5, null],
    ],
  );
});
