import assert from "node:assert/strict";
import { test } from "node:test";
import { isInScopes } from "./quota-scope.ts";
import { objectOf, podWith, quotaOf } from "./test-objects.ts";

const scoped = (...scopes: string[]) => quotaOf({ pods: "1" }, { scopes });
const byPriority = (operator: string, ...values: string[]) =>
  quotaOf(
    { pods: "1" },
    { scopeSelector: { matchExpressions: [{ scopeName: "PriorityClass", operator, values }] } },
  );

test("scopes tell pods that end from those that go on", () => {
  const [ending, lasting] = [podWith([{}], { activeDeadlineSeconds: 5 }), podWith([{}])];
  assert(isInScopes(scoped("Terminating"), ending) && !isInScopes(scoped("Terminating"), lasting));
  assert(!isInScopes(scoped("NotTerminating"), ending));
  assert(isInScopes(scoped("NotTerminating", "BestEffort"), lasting));
});

test("scopes tell pods that ask for something from those that do not", () => {
  const asking = podWith([{ requests: { cpu: "1" } }]);
  assert(isInScopes(scoped("NotBestEffort"), asking) && !isInScopes(scoped("BestEffort"), asking));
});

test("a selector chooses by PriorityClass", () => {
  const [high, none] = [podWith([{}], { priorityClassName: "high" }), podWith([{}])];
  assert(isInScopes(byPriority("In", "high"), high) && !isInScopes(byPriority("In", "high"), none));
  assert(isInScopes(byPriority("NotIn", "low"), none));
  assert(!isInScopes(byPriority("Exists"), none) && isInScopes(byPriority("DoesNotExist"), none));
});

test("a pod that looks for pods of other namespaces is in a scope of its own", () => {
  const terms = [{ namespaces: ["other"], topologyKey: "a" }];
  const affinity = { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: terms } };
  assert(isInScopes(scoped("CrossNamespacePodAffinity"), podWith([{}], { affinity })));
  assert(!isInScopes(scoped("CrossNamespacePodAffinity"), podWith([{}])));
});

test("what is no pod is in no scope of pods", () => {
  assert(!isInScopes(scoped("NotTerminating"), objectOf("v1", "Secret", "s", {})));
  assert(isInScopes(quotaOf({}), objectOf("v1", "Secret", "s", {})));
});
