import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { meshOf, webOf } from "./fake-mesh.test.ts";
import { imageOf, strangers } from "./strangers.ts";

const objects = webOf(1, ["m0"]);
const told = (uid: string, held = objects): string =>
  strangers(meshOf(0, [{ running: [["web-1-0", uid]], objects: held }]))
    .map(({ message }) => message)
    .join();

describe("strangers", () => {
  test("says nothing of a pod whose chain holds", () => assert.equal(told("p0"), ""));

  test("fires at a pod without a record", () => assert.match(told("x"), /no record has its uid/u));

  test("fires at a pod whose record names another machine", () => {
    assert.match(told("p0", webOf(1, ["m1"])), /its record says "m1"/u);
  });

  test("fires at a pod whose owner is gone, or wants another image", () => {
    assert.match(told("p0", objects.slice(1)), /its owner Deployment web is not there/u);
    const [top, ...rest] = objects;
    assert(top);
    const spec = { template: { spec: { containers: [{ image: "b" }] } } };
    assert.match(told("p0", [{ ...top, spec }, ...rest]), /its owner wants b/u);
    assert.equal(imageOf(top), "a");
  });
});
