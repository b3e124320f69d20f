import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Instant, instantAt } from "@beemesh/base";
import type { Container, ResourceRequirements } from "@beemesh/model";
import { ContainerSize, limitsOf } from "./container-size.ts";

const at = (ms: number): Instant => instantAt(ms);

const sized = (resources?: ResourceRequirements): Container => ({
  name: "web",
  image: "i:1",
  ...(resources === undefined ? {} : { resources }),
});

const small = { limits: { cpu: "1" } };
const large = { limits: { cpu: "2" } };

function running(resources: ResourceRequirements): ContainerSize {
  const size = new ContainerSize();
  size.starting(resources);
  size.runs();
  return size;
}

describe("a container's size", () => {
  test("is what it was started with, not what it should have meanwhile", () => {
    const size = new ContainerSize();
    assert.deepEqual(size.next(sized(large), at(0)), { kind: "none" }, "it does not run");
    size.starting(small);
    assert.deepEqual(size.next(sized(large), at(0)), { kind: "none" }, "not yet");
    size.runs();
    assert(size.isChanging(sized(large)));
    const limits = { cpuMillicoresMax: 2000 };
    assert.deepEqual(size.next(sized(large), at(0)), { kind: "ask", limits });
    assert.deepEqual(size.next(sized(large), at(0)), { kind: "none" }, "it is asked for");
  });

  test("is the old one until the runtime has answered", () => {
    const size = running(small);
    size.next(sized(large), at(0));
    assert.deepEqual(size.status(sized(large), true).resources, small);
    size.answered(at(0), { ok: true, message: "" });
    assert.deepEqual(size.status(sized(large), true).resources, large);
    assert(!size.isChanging(sized(large)));
  });

  test("is asked for again after a while, and forgotten if nobody wants it", () => {
    const size = running(small);
    size.next(sized(large), at(0));
    size.answered(at(0), { ok: false, message: "no" });
    assert.equal(size.trouble, "no");
    assert.equal(size.nextAt, 10_000);
    assert.equal(size.next(sized(large), at(9999)).kind, "none");
    assert.equal(size.next(sized(small), at(9999)).kind, "none");
    assert.equal(size.nextAt, undefined, "there is nothing to try again");
  });

  test("of one that was found is what its status says", () => {
    const size = new ContainerSize();
    const prior = { name: "web", image: "", imageID: "", ready: true, restartCount: 0, state: {} };
    size.found({ ...prior, resources: small }, sized(large));
    assert(size.isChanging(sized(large)));
    size.found(prior, sized(large));
    assert(!size.isChanging(sized(large)));
  });

  test("without any is not spoken of", () => {
    assert.deepEqual(running({}).status(sized(), true), {});
    const given = { requests: { cpu: "1" } };
    assert.deepEqual(running(small).status(sized(given), false), {
      allocatedResources: given.requests,
      resources: given,
    });
  });
});

test("limits are thousandths of a core and bytes, rounded up", () => {
  const limits = { cpu: "0.0015", memory: "1Ki", "a.b/c": "1" };
  assert.deepEqual(limitsOf({ limits }), { cpuMillicoresMax: 2, memoryBytesMax: 1024 });
  assert.deepEqual(limitsOf({}), {});
});
