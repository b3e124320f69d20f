import assert from "node:assert/strict";
import { test } from "node:test";
import { instantAt } from "@beemesh/base";
import { ProbeSet } from "./probe-set.ts";

const probe = { tcpSocket: { port: 80 }, periodSeconds: 1 };
const container = { name: "web", image: "nginx:1" };

test("without probes a container passes, and is asked nothing", () => {
  const probes = new ProbeSet(container, instantAt(0), false);
  assert.equal(probes.passes("readiness"), true);
  assert.equal(probes.nextAt, undefined);
  assert.equal(probes.answer("readiness", true), "none");
});

test("the startup probe goes before the others; an ending container is asked nothing", () => {
  const manifest = { ...container, startupProbe: probe, readinessProbe: probe };
  const probes = new ProbeSet(manifest, instantAt(0), false);
  assert.deepEqual(
    probes.ask(instantAt(0)).map(({ kind }) => kind),
    ["startup"],
  );
  assert.equal(probes.answer("startup", true), "passed");
  assert.deepEqual(
    probes.ask(instantAt(0)).map(({ kind }) => kind),
    ["readiness"],
  );
  probes.answer("readiness", true);
  assert.equal(probes.nextAt, 1000);
  probes.stop();
  assert.equal(probes.nextAt, undefined);
  assert.equal(probes.passes("readiness"), true);
});

test("what was ready when it was found stays so until it says otherwise", () => {
  const manifest = { ...container, readinessProbe: { ...probe, failureThreshold: 1 } };
  const probes = new ProbeSet(manifest, instantAt(0), true);
  assert.equal(probes.passes("readiness"), true);
  probes.ask(instantAt(0));
  assert.equal(probes.answer("readiness", false), "failed");
  assert.equal(probes.passes("readiness"), false);
});
