import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { instantAt, type Now } from "@beemesh/base";
import { boundAtMs } from "@beemesh/controllers";
import type { Pod } from "@beemesh/model";
import { machineAnnotation } from "./placement.ts";
import { resourceNamed } from "./resource.ts";
import { isPod } from "./runner.ts";
import { Scribe } from "./scribe.ts";
import { podNamed, Shelf } from "./shelf.test.ts";

const now: Now = { at: instantAt(0), wallMs: Date.UTC(2026, 10, 20) };
const pods = resourceNamed("", "pods");

function make(...objects: readonly Pod[]): { scribe: Scribe; shelf: Shelf; read: () => Pod } {
  const shelf = new Shelf();
  for (const object of objects) shelf.store.putSpec(pods, object);
  shelf.take();
  const read = (): Pod => {
    const found = shelf.store.get(pods, "shop", "web");
    assert(isPod(found), "the pod is there");
    return found;
  };
  return { scribe: new Scribe(shelf.store, { name: "m1", peer: "p1" }), shelf, read };
}

const other = { ...podNamed("web"), metadata: { ...podNamed("web").metadata, uid: "new" } };

describe("Scribe", () => {
  test("binds a pod that waits, once, and tells it in an Event", () => {
    const { scribe, shelf, read } = make(podNamed("web"));
    const taker = { name: "m2", peer: "p2" };
    assert.equal(scribe.bind(podNamed("web"), taker, now), true);
    assert.equal(read().spec.nodeName, "m2");
    assert.equal(read().metadata.annotations?.[machineAnnotation], "p2");
    assert.equal(boundAtMs(read().metadata), now.wallMs);
    assert.match(shelf.take().join(), /^spec Pod\/web,spec Event\/web\./u);
    assert.equal(scribe.bind(podNamed("web"), { name: "m3", peer: "p3" }, now), false);
    assert.equal(read().spec.nodeName, "m2");
  });

  test("does not bind what another pod of the name has replaced", () => {
    const { scribe, shelf } = make(other);
    assert.equal(scribe.bind(podNamed("web"), { name: "m2", peer: "p2" }, now), false);
    assert.deepEqual(shelf.take(), []);
  });

  test("tells of a pod that does not run here that it is lost", () => {
    const { scribe, read } = make(podNamed("web"));
    scribe.disown(podNamed("web"), "a webhook is not known");
    const { phase, reason, message } = read().status ?? {};
    assert.deepEqual([phase, reason, message], ["Failed", "Lost", "a webhook is not known"]);
  });

  test("reports, buries and removes only the pod that is meant", () => {
    const { scribe, shelf, read } = make(other);
    const about = { namespace: "shop", name: "web" };
    const status = { phase: "Running" } as const;
    scribe.report({ kind: "status", ...about, uid: "uid-web", status });
    scribe.bury({ kind: "removed", ...about, uid: "uid-web" });
    const ref = { apiVersion: "v1", kind: "Pod", ...about, uid: "uid-web" };
    scribe.write({ kind: "remove", resource: pods, ref });
    assert.deepEqual(shelf.take(), []);
    scribe.report({ kind: "status", ...about, uid: "new", status });
    assert.equal(read().status?.phase, "Running");
    scribe.bury({ kind: "removed", ...about, uid: "new" });
    assert.deepEqual(shelf.take(), ["status Pod/web", "remove Pod/web"]);
  });

  test("does not bury what finalizers hold, and says that nothing else does", () => {
    const held = {
      ...podNamed("web").metadata,
      deletionTimestamp: "now",
      deletionGracePeriodSeconds: 30,
      finalizers: ["example.com/wait"],
    };
    const { scribe, shelf, read } = make({ ...podNamed("web"), metadata: held });
    const about = { kind: "removed", namespace: "shop", name: "web", uid: "uid-web" } as const;
    scribe.bury(about);
    assert.deepEqual(read().metadata, { ...held, deletionGracePeriodSeconds: 0 });
    scribe.bury(about);
    assert.deepEqual(shelf.take(), ["spec Pod/web"]);
  });

  test("has a pod go for another one, once, and says so", () => {
    const { scribe, shelf, read } = make(podNamed("web"));
    const urgent = podNamed("urgent");
    scribe.preempt(other, urgent, now);
    assert.deepEqual(shelf.take(), []);
    scribe.preempt(podNamed("web"), urgent, now);
    const { metadata, status } = read();
    assert.equal(metadata.deletionTimestamp, "2026-11-20T00:00:30Z");
    assert.equal(metadata.deletionGracePeriodSeconds, 30);
    assert.equal(status?.conditions?.[0]?.reason, "PreemptionByScheduler");
    assert.match(shelf.take().join(), /^status Pod\/web,spec Pod\/web,spec Event\/web\./u);
    scribe.preempt(podNamed("web"), urgent, now);
    assert.deepEqual(shelf.take(), []);
  });

  test("keeps what others have said of a pod beside what its machine says", () => {
    const { scribe, read } = make(podNamed("web"));
    scribe.nominate(podNamed("web"));
    assert.equal(read().status?.nominatedNodeName, "m1");
    scribe.preempt(podNamed("web"), podNamed("urgent"), now);
    const conditions = [{ type: "Ready", status: "False" }] as const;
    const status = { phase: "Running", conditions } as const;
    scribe.report({ kind: "status", namespace: "shop", name: "web", uid: "uid-web", status });
    assert.deepEqual(
      read().status?.conditions?.map(({ type }) => type),
      ["Ready", "DisruptionTarget"],
    );
    assert.equal(read().status?.nominatedNodeName, undefined);
  });

  test("forgets what its machine said of other resources and says no more", () => {
    const condition = (type: string) => ({ type, status: "True" }) as const;
    const { scribe, read } = make(podNamed("web"));
    const told = { kind: "status", namespace: "shop", name: "web", uid: "uid-web" } as const;
    scribe.report({ ...told, status: { conditions: [condition("PodResizePending")] } });
    scribe.report({ ...told, status: { conditions: [condition("Ready")] } });
    assert.deepEqual(
      read().status?.conditions?.map(({ type }) => type),
      ["Ready"],
    );
  });

  test("writes what controllers want, and asserts a pod again", () => {
    const { scribe, shelf } = make();
    scribe.write({ kind: "put", resource: pods, object: podNamed("web") });
    const object = { ...podNamed("web"), status: { phase: "Pending" } };
    scribe.write({ kind: "putStatus", resource: pods, object });
    scribe.reassert(podNamed("web"));
    assert.deepEqual(shelf.take(), ["spec Pod/web", "status Pod/web", "spec Pod/web"]);
  });

  test("an Event that repeats at once is written once", () => {
    const { scribe, shelf } = make();
    const object = { apiVersion: "v1", kind: "Pod", namespace: "shop", name: "web", uid: "u" };
    const occurrence = { object, type: "Warning", reason: "BackOff", message: "again" } as const;
    for (let index = 0; index < 5; index += 1) scribe.record(occurrence, now);
    assert.equal(shelf.take().length, 1);
  });
});
