import assert from "node:assert/strict";
import { test } from "node:test";
import { programBackends, readyBackends, servingBackends } from "./backend.ts";
import { Catalog } from "./catalog.ts";
import { podOf, programOf, serviceOf, sliceOf, TestMesh } from "./test-mesh.ts";
import { readExternalWorkload } from "./workload-record.ts";

const ending = { ready: false, serving: true };
const unready = { ready: false, serving: false };

function uidsOf(spec: object, ...conditions: readonly object[]): readonly [string, string] {
  const mesh = new TestMesh();
  const endpoints = conditions.map((each, index) => ({
    uid: `U${index}`,
    ip: `10.0.0.${index}`,
    conditions: each,
  }));
  mesh.put(serviceOf("a/b", spec), sliceOf("a/b", [{ port: 80 }], endpoints));
  const catalog = new Catalog(mesh);
  const service = catalog.service("a/b");
  assert(service);
  const text = (all: readonly { readonly uid: string }[]): string =>
    all.map(({ uid }) => uid).join(" ");
  return [text(readyBackends(catalog, service)), text(servingBackends(catalog, service))];
}

test("a Service has its ready endpoints; connections go to ending ones if there are none", () => {
  assert.deepEqual(uidsOf({}, { ready: true }, ending, unready), ["U0", "U0"]);
  assert.deepEqual(uidsOf({}, ending, unready), ["", "U0"]);
  assert.deepEqual(uidsOf({}, unready), ["", ""]);
  assert.deepEqual(uidsOf({ publishNotReadyAddresses: true }, unready), ["U0", "U0"]);
});

test("an address that somebody wrote is the pod's that has it, a neighbour's first", () => {
  const mesh = new TestMesh();
  mesh.put(
    serviceOf("a/b", {}),
    sliceOf("a/b", [{ port: 80 }], [{ ip: "10.0.0.1" }, { ip: "10.0.0.2" }, { ip: "192.0.2.1" }]),
    podOf("other/far", { ip: "10.0.0.1" }),
    podOf("a/near", { ip: "10.0.0.1" }),
    podOf("a/over", { ip: "10.0.0.2", status: { phase: "Succeeded" } }),
    podOf("other/alone", { ip: "10.0.0.2" }),
  );
  const catalog = new Catalog(mesh);
  const service = catalog.service("a/b");
  assert(service);
  assert.deepEqual(
    readyBackends(catalog, service).map(({ uid }) => uid),
    ["U-near", "U-alone", ""],
  );
});

test("a program stands behind its own name while it is ready", () => {
  const of = (ready: boolean) =>
    programBackends(readExternalWorkload(programOf("a/db", {}, ready)));
  assert.deepEqual(of(false), []);
  assert.deepEqual(of(true)[0]?.ports, [
    { name: "sql", protocol: "TCP", port: 5432, appProtocol: "" },
  ]);
});
