import assert from "node:assert/strict";
import { test } from "node:test";
import { TestClient } from "../test-client.ts";
import { addHooks, hookOf, rulesFor } from "./test-webhook.ts";
import { dryRunRefusal, webhooksOf } from "./webhook.ts";

test("webhooks are asked in the order of their configurations' names", () => {
  const client = new TestClient();
  for (const name of ["b", "a"]) {
    const hooks = [1, 2].map((index) => hookOf(`${name}${index}.example.com`, rulesFor("pods")));
    addHooks(client, "Validating", name, ...hooks);
  }
  const hooks = webhooksOf(client.store, "validating");
  assert.deepEqual(
    hooks.map(({ name }) => name.split(".")[0]),
    ["a1", "a2", "b1", "b2"],
  );
  assert.deepEqual(webhooksOf(client.store, "mutating"), []);
  const [first] = hooks;
  assert.deepEqual(
    [first?.timeoutSeconds, first?.isIgnorable, first?.isReinvocable],
    [10, false, false],
  );
});

test("a webhook with side effects is not asked about what is only tried", () => {
  const intent = {
    operation: "CREATE",
    object: undefined,
    before: undefined,
    name: "",
    options: {},
    dryRun: true,
  } as const;
  const refusal = (sideEffects: string, dryRun = true): string | undefined => {
    const hook = { ...base, sideEffects };
    return dryRunRefusal(hook, { ...intent, dryRun })?.message;
  };
  const base = {
    configuration: "c",
    key: "k",
    name: "v",
    isMutating: false,
    isIgnorable: false,
    isReinvocable: false,
    timeoutSeconds: 1,
    clientConfig: {},
    conditions: {},
    rules: [],
    matchPolicy: "",
    namespaceSelector: undefined,
    objectSelector: undefined,
  };
  assert.equal(refusal("Some"), 'admission webhook "v" does not support dry run');
  assert.equal(refusal("Some", false), undefined);
  assert.equal(refusal("NoneOnDryRun"), undefined);
});
