import assert from "node:assert/strict";
import { test } from "node:test";
import { readRoute } from "./route.ts";
import { isSetting, readRouteSettings, settingBounds } from "./route-settings.ts";

test("settings are read as they are, and what is not said stays unsaid", () => {
  assert.deepEqual(readRouteSettings({}), {});
  const all = { requestMs: 1500, tryMs: 500, idleMs: 60_000, retries: 0, affinityMs: 1000 };
  assert.deepEqual(readRouteSettings({ ...all, other: 1 }), all);
});

test("settings out of their bounds are none", () => {
  for (const [name, { min, max }] of Object.entries(settingBounds)) {
    assert(readRouteSettings({ [name]: min }) && readRouteSettings({ [name]: max }));
    for (const value of [min - 1, max + 1, min + 0.5, "5", null, [min]]) {
      assert.equal(readRouteSettings({ [name]: value }), undefined, `${name} ${String(value)}`);
    }
  }
  assert(!isSetting("retries", 6) && isSetting("retries", 5));
  assert.equal(readRouteSettings(undefined), undefined);
});

test("a route carries them, and a route whose settings are malformed is none", () => {
  const plain = {
    kind: "service",
    key: "tcp 10.96.0.1 80",
    namespace: "shop",
    name: "web",
    port: 80,
    appProtocol: "",
    endpoints: [],
  } as const;
  assert.deepEqual(readRoute(plain), plain);
  const set = { ...plain, settings: { retries: 1 } };
  assert.deepEqual(readRoute(set), set);
  assert.equal(readRoute({ ...plain, settings: { retries: 9 } }), undefined);
});
