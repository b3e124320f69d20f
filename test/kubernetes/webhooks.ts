/** Programs that are asked before something is written: they deny it, or change it. */
import assert from "node:assert/strict";
import type { JsonObject } from "../../core/wire/src/index.ts";
import type { Behaviour, Behaviours } from "./behaviour.ts";
import { at, listAt, textAt } from "./client.ts";
import { configMap, labelled, objectOf, pod, unbound } from "./manifest.ts";
import { slowMs, startWebhook, type WebhookServer } from "./webhook-server.ts";
import type { World } from "./world.ts";

type Sort = "mutating" | "validating";

/** What a webhook is for. */
interface Wish {
  readonly path: string;
  readonly resources?: readonly string[];
  readonly operations?: readonly string[];
  readonly apiGroups?: readonly string[];
  readonly rest?: JsonObject;
}

const resourceOf = {
  mutating: "mutatingwebhookconfigurations",
  validating: "validatingwebhookconfigurations",
} as const;

const kindOf = {
  mutating: "MutatingWebhookConfiguration",
  validating: "ValidatingWebhookConfiguration",
} as const;

/** A webhook of the test's own namespace, and of what stands in none. */
function hook(world: World, server: WebhookServer, wish: Wish): JsonObject {
  const { resources = ["configmaps"], operations = ["CREATE"], apiGroups = [""], rest = {} } = wish;
  return {
    name: "hook.example.com",
    rules: [
      {
        apiGroups: [...apiGroups],
        apiVersions: ["*"],
        resources: [...resources],
        operations: [...operations],
      },
    ],
    clientConfig: {
      url: `https://127.0.0.1:${server.port}${wish.path}`,
      caBundle: server.caBundle,
    },
    namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": world.namespace } },
    sideEffects: "None",
    admissionReviewVersions: ["v1"],
    timeoutSeconds: 10,
    failurePolicy: "Fail",
    ...rest,
  };
}

async function configure(
  world: World,
  sort: Sort,
  webhook: JsonObject,
  name = world.unique("hook"),
): Promise<string> {
  const labels = { life: world.namespace };
  const body = objectOf(resourceOf[sort], kindOf[sort], name, {
    metadata: { labels },
    webhooks: [webhook],
  });
  world.atEnd(() => world.ok(`DELETE ${world.path(resourceOf[sort], name)}`));
  await world.create(resourceOf[sort], body);
  return name;
}

const bad = (name: string): JsonObject => labelled(configMap(name, {}), { webhook: "deny" });

/** How a map comes out that is written now: denied, changed, or as it is. */
async function outcome(world: World, sort: Sort): Promise<"denied" | "changed" | "as it is"> {
  const line = `POST ${world.path("configmaps")}?dryRun=All`;
  const answer = await world.client.send(
    line,
    sort === "validating" ? bad("probe") : configMap("probe", {}),
  );
  if (answer.status >= 400) {
    assert.match(textAt(answer.body, "message"), /denied the request/u, answer.text);
    return "denied";
  }
  return textAt(answer.body, "data", "mutated") === "yes" ? "changed" : "as it is";
}

const acts = { mutating: "changed", validating: "denied" } as const;
const pathOf = { mutating: "/mutate", validating: "/deny" } as const;

function listed(sort: Sort): Behaviour {
  return async (world) => {
    const server = await startWebhook(world);
    const query = `?labelSelector=life%3D${world.namespace}`;
    for (const part of ["a", "b", "c"]) {
      await configure(world, sort, hook(world, server, { path: pathOf[sort] }), world.unique(part));
    }
    assert.equal((await world.list(resourceOf[sort], query)).length, 3);
    assert.equal(await outcome(world, sort), acts[sort]);
    await world.ok(`DELETE ${world.path(resourceOf[sort])}${query}`);
    await world.until("none to ask", async () => (await outcome(world, sort)) === "as it is");
  };
}

function rewritten(sort: Sort): Behaviour {
  return async (world) => {
    const server = await startWebhook(world);
    const name = await configure(world, sort, hook(world, server, { path: pathOf[sort] }));
    assert.equal(await outcome(world, sort), acts[sort]);
    await world.update(resourceOf[sort], name, (object) => ({
      ...object,
      webhooks: [hook(world, server, { path: pathOf[sort], operations: ["UPDATE"] })],
    }));
    await world.until(
      "no word about what is made",
      async () => (await outcome(world, sort)) === "as it is",
    );
    const change = [{ op: "replace", path: "/webhooks/0/rules/0/operations", value: ["CREATE"] }];
    await world.patch(resourceOf[sort], name, change, "json");
    await world.until("a word again", async () => (await outcome(world, sort)) === acts[sort]);
  };
}

const condition = (expression: string): JsonObject => ({
  matchConditions: [{ name: "only", expression }],
});

function conditioned(sort: Sort): Behaviour {
  return async (world) => {
    const server = await startWebhook(world);
    const rest = condition("object.metadata.name == 'other'");
    const name = await configure(world, sort, hook(world, server, { path: pathOf[sort], rest }));
    assert.equal(await outcome(world, sort), "as it is");
    await world.update(resourceOf[sort], name, (object) => ({
      ...object,
      webhooks: [
        hook(world, server, {
          path: pathOf[sort],
          rest: condition("object.metadata.name == 'probe'"),
        }),
      ],
    }));
    await world.until("a word", async () => (await outcome(world, sort)) === acts[sort]);
  };
}

function badlyConditioned(sort: Sort): Behaviour {
  return async (world) => {
    const server = { port: 1, caBundle: "" };
    const rest = condition("... [] bad expression");
    const webhook = hook(world, server, { path: "/allow", rest });
    const body = objectOf(resourceOf[sort], kindOf[sort], world.unique("bad"), {
      webhooks: [webhook],
    });
    const { code, fields } = await world.refused(`POST ${world.path(resourceOf[sort])}`, body);
    assert.equal(code, 422);
    assert.match(fields.join(), /webhooks\[0\]\.matchConditions\[0\]\.expression/u);
  };
}

const both: Behaviours = {
  "am AdmissionWebhook listing mutating webhooks should work": listed("mutating"),
  "am AdmissionWebhook listing validating webhooks should work": listed("validating"),
  "am AdmissionWebhook patching/updating a mutating webhook should work": rewritten("mutating"),
  "am AdmissionWebhook patching/updating a validating webhook should work": rewritten("validating"),
  "am AdmissionWebhook create and update mutating webhook configurations with match conditions":
    conditioned("mutating"),
  "am AdmissionWebhook create and update validating webhook configurations with match conditions":
    conditioned("validating"),
  "am AdmissionWebhook reject mutating webhook configurations with invalid match conditions":
    badlyConditioned("mutating"),
  "am AdmissionWebhook reject validating webhook configurations with invalid match conditions":
    badlyConditioned("validating"),
};

const anything: JsonObject = { type: "object", "x-kubernetes-preserve-unknown-fields": true };

/** A version of a kind, in which objects are kept or are not. */
function version(name: string, storage = true, schema = anything): JsonObject {
  return { name, served: true, storage, schema: { openAPIV3Schema: schema } };
}

const definition = (world: World, versions: JsonObject[] = [version("v1")]): JsonObject => {
  const group = `${world.namespace}.example.com`;
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `foos.${group}` },
    spec: {
      group,
      scope: "Namespaced",
      names: { plural: "foos", singular: "foo", kind: "Foo", listKind: "FooList" },
      versions,
    },
  };
};

/** Defines a kind, and gives where its objects stand. */
async function define(
  world: World,
  versions?: JsonObject[],
): Promise<{ readonly group: string; readonly path: string }> {
  const body = definition(world, versions);
  const definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
  const name = textAt(body, "metadata", "name");
  world.atEnd(() => world.ok(`DELETE ${definitions}/${name}`));
  await world.ok(`POST ${definitions}`, body);
  const group = textAt(body, "spec", "group");
  const path = `/apis/${group}/v1/namespaces/${world.namespace}/foos`;
  await world.until(
    "the kind",
    async () => (await world.client.send(`GET ${path}`)).status === 200,
  );
  return { group, path };
}

/** Who denies and says no code is taken at 400 (k8s.io/apiserver, admission/plugin/webhook/errors). */
const denying: Behaviours = {
  "am AdmissionWebhook deny pod and configmap creation": async (world) => {
    const server = await startWebhook(world);
    await configure(
      world,
      "validating",
      hook(world, server, {
        path: "/deny",
        resources: ["pods", "configmaps"],
        operations: ["CREATE", "UPDATE"],
      }),
    );
    const labels = { webhook: "deny" };
    const { code, message } = await world.refused(
      `POST ${world.path("pods")}`,
      pod("bad", unbound, { labels }),
    );
    assert.equal(code, 400, message);
    assert.match(
      message,
      /admission webhook "hook\.example\.com" denied the request: the webhook denied/u,
    );
    assert.equal((await world.refused(`POST ${world.path("configmaps")}`, bad("bad"))).code, 400);
    await world.create("configmaps", configMap("good", {}));
    for (const type of ["application/merge-patch+json", "application/strategic-merge-patch+json"]) {
      const refused = await world.refused(
        `PATCH ${world.path("configmaps", "good")}`,
        { metadata: { labels } },
        type,
      );
      assert.equal(refused.code, 400);
    }
  },
  "am AdmissionWebhook deny attaching pod": async (world) => {
    const server = await startWebhook(world);
    await configure(
      world,
      "validating",
      hook(world, server, {
        path: "/refuse",
        resources: ["pods/attach"],
        operations: ["CONNECT"],
      }),
    );
    await world.create("pods", pod("attached", unbound));
    const line = `POST ${world.path("pods", "attached")}/attach?stdout=1&container=main`;
    const { code, message } = await world.refused(line);
    assert.equal(code, 400, message);
    assert.match(message, /denied the request: the webhook denied the request$/u);
  },
  "am AdmissionWebhook deny custom resource creation, update and deletion": async (world) => {
    const server = await startWebhook(world);
    const { group, path } = await define(world);
    const name = await configure(
      world,
      "validating",
      hook(world, server, {
        path: "/deny",
        apiGroups: [group],
        resources: ["foos"],
        operations: ["CREATE", "UPDATE", "DELETE"],
      }),
    );
    const object = (labels: JsonObject): JsonObject => ({
      apiVersion: `${group}/v1`,
      kind: "Foo",
      metadata: { name: "one", labels },
    });
    assert.equal((await world.refused(`POST ${path}`, object({ webhook: "deny" }))).code, 400);
    await world.ok(`POST ${path}`, object({}));
    const marked = { metadata: { labels: { webhook: "deny" } } };
    const type = "application/merge-patch+json";
    assert.equal((await world.refused(`PATCH ${path}/one`, marked, type)).code, 400);
    // It gets its label while nobody is asked, and then may not go.
    const resource = resourceOf.validating;
    await world.patch(
      resource,
      name,
      [{ op: "replace", path: "/webhooks/0/rules/0/operations", value: ["DELETE"] }],
      "json",
    );
    await world.until(
      "the label",
      async () =>
        (await world.client.send(`PATCH ${path}/one`, marked, { contentType: type })).status ===
        200,
    );
    assert.equal((await world.refused(`DELETE ${path}/one`)).code, 400);
    await world.ok(`PATCH ${path}/one`, { metadata: { labels: null } }, type);
    await world.ok(`DELETE ${path}/one`);
  },
  "am AdmissionWebhook deny crd creation": async (world) => {
    const server = await startWebhook(world);
    const rest = { namespaceSelector: {}, objectSelector: { matchLabels: { webhook: "deny" } } };
    await configure(
      world,
      "validating",
      hook(world, server, {
        path: "/deny",
        apiGroups: ["apiextensions.k8s.io"],
        resources: ["customresourcedefinitions"],
        rest,
      }),
    );
    const line = "POST /apis/apiextensions.k8s.io/v1/customresourcedefinitions?dryRun=All";
    const { code, message } = await world.refused(
      line,
      labelled(definition(world), { webhook: "deny" }),
    );
    assert.equal(code, 400, message);
  },
  "am AdmissionWebhook unconditionally reject operations on fail closed webhook": async (world) => {
    const nobody = { port: 1, caBundle: "" };
    const { caBundle: _, ...rest } = Object(hook(world, nobody, { path: "/allow" })).clientConfig;
    await configure(world, "validating", {
      ...hook(world, nobody, { path: "/allow" }),
      clientConfig: rest,
    });
    const { code, reason, message } = await world.refused(
      `POST ${world.path("configmaps")}`,
      configMap("any", {}),
    );
    assert.deepEqual([code, reason], [500, "InternalError"], message);
    assert.match(message, /failed calling webhook "hook\.example\.com"/u);
  },
  "am AdmissionWebhook honor timeout": async (world) => {
    const server = await startWebhook(world);
    const timed = (timeoutSeconds: number, failurePolicy: string): JsonObject =>
      hook(world, server, { path: "/slow", rest: { timeoutSeconds, failurePolicy } });
    const name = await configure(world, "validating", timed(1, "Fail"));
    const line = `POST ${world.path("configmaps")}?dryRun=All`;
    const { code, message } = await world.refused(line, configMap("any", {}));
    assert.equal(code, 500, message);
    assert.match(message, /failed calling webhook/u);
    const set = (webhook: JsonObject): Promise<JsonObject> =>
      world.update(resourceOf.validating, name, (object) => ({ ...object, webhooks: [webhook] }));
    await set(timed(1, "Ignore"));
    await world.ok(line, configMap("any", {}));
    await set(timed(Math.ceil(slowMs / 1000) + 5, "Fail"));
    await world.ok(line, configMap("any", {}));
  },
  "am AdmissionWebhook not mutate or prevent deletion of webhook configuration objects": async (
    world,
  ) => {
    const server = await startWebhook(world);
    const rest = { namespaceSelector: {} };
    const resources = ["validatingwebhookconfigurations", "mutatingwebhookconfigurations"];
    const all = { apiGroups: ["admissionregistration.k8s.io"], operations: ["*"], resources, rest };
    await configure(world, "validating", hook(world, server, { path: "/deny", ...all }));
    await configure(world, "mutating", hook(world, server, { path: "/mutate", ...all }));
    const name = world.unique("dummy");
    const body = labelled(
      objectOf(resourceOf.validating, kindOf.validating, name, { webhooks: [] }),
      { webhook: "deny" },
    );
    const made = await world.create(resourceOf.validating, body);
    assert.equal(made["data"], undefined);
    await world.remove(resourceOf.validating, name);
  },
};

const changing: Behaviours = {
  "am AdmissionWebhook mutate configmap": async (world) => {
    const server = await startWebhook(world);
    await configure(world, "mutating", hook(world, server, { path: "/mutate" }));
    const made = await world.create("configmaps", configMap("map", { own: "a" }));
    assert.deepEqual(made["data"], { own: "a", mutated: "yes" });
    assert.deepEqual((await world.get("configmaps", "map"))["data"], made["data"]);
  },
  "am AdmissionWebhook mutate everything except skip-me": async (world) => {
    const server = await startWebhook(world);
    const rest = {
      objectSelector: {
        matchExpressions: [{ key: "skip-me", operator: "NotIn", values: ["yes"] }],
      },
    };
    await configure(
      world,
      "mutating",
      hook(world, server, { path: "/mutate", resources: ["*"], rest }),
    );
    const skipped = await world.create(
      "configmaps",
      labelled(configMap("a", { own: "a" }), { "skip-me": "yes" }),
    );
    assert.deepEqual(skipped["data"], { own: "a" });
    assert.equal(
      textAt(await world.create("configmaps", configMap("b", {})), "data", "mutated"),
      "yes",
    );
  },
  "am AdmissionWebhook mutate pod and apply defaults after mutation": async (world) => {
    const server = await startWebhook(world);
    await configure(
      world,
      "mutating",
      hook(world, server, { path: "/mutate-pod", resources: ["pods"] }),
    );
    const made = await world.create("pods", pod("web", unbound));
    const added = at(made, "spec", "initContainers", 0);
    assert.equal(textAt(added, "name"), "added");
    assert.equal(textAt(added, "terminationMessagePolicy"), "File");
  },
  "am AdmissionWebhook mutate custom resource": async (world) => {
    const server = await startWebhook(world);
    const { group, path } = await define(world);
    await configure(
      world,
      "mutating",
      hook(world, server, { path: "/mutate", apiGroups: [group], resources: ["foos"] }),
    );
    const made = await world.ok(`POST ${path}`, {
      apiVersion: `${group}/v1`,
      kind: "Foo",
      metadata: { name: "one" },
      data: { own: "a" },
    });
    assert.deepEqual(made["data"], { own: "a", mutated: "yes" });
  },
  "am AdmissionWebhook mutate custom resource with different stored version": async (world) => {
    const server = await startWebhook(world);
    const { group, path } = await define(world, [version("v1"), version("v2", false)]);
    await configure(
      world,
      "mutating",
      hook(world, server, { path: "/mutate", apiGroups: [group], resources: ["foos"] }),
    );
    const object = { apiVersion: `${group}/v1`, kind: "Foo", metadata: { name: "one" } };
    const made = await world.ok(`POST ${path}`, { ...object, data: { own: "a" } });
    assert.deepEqual(made["data"], { own: "a", mutated: "yes" });
    // What is kept in the one version is kept in the other from now on, and asked about as before.
    const definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    const stored = { spec: { versions: [version("v1", false), version("v2")] } };
    const type = "application/merge-patch+json";
    await world.ok(`PATCH ${definitions}/foos.${group}`, stored, type);
    const second = { ...object, metadata: { name: "two" }, data: { own: "b" } };
    assert.deepEqual((await world.ok(`POST ${path}`, second))["data"], {
      own: "b",
      mutated: "yes",
    });
    const patched = await world.ok(`PATCH ${path}/one`, { data: { own: "c" } }, type);
    assert.deepEqual(patched["data"], { own: "c", mutated: "yes" });
    assert.equal(textAt(patched, "apiVersion"), `${group}/v1`);
  },
  "am AdmissionWebhook mutate custom resource with pruning": async (world) => {
    const server = await startWebhook(world);
    const text: JsonObject = { type: "string" };
    const data: JsonObject = { type: "object", properties: { own: text } };
    const schema: JsonObject = { type: "object", properties: { data } };
    const { group, path } = await define(world, [version("v1", true, schema)]);
    await configure(
      world,
      "mutating",
      hook(world, server, { path: "/mutate", apiGroups: [group], resources: ["foos"] }),
    );
    const object = { apiVersion: `${group}/v1`, kind: "Foo", metadata: { name: "one" } };
    const made = await world.ok(`POST ${path}`, { ...object, data: { own: "a" } });
    assert.deepEqual(made["data"], { own: "a" }, "the schema does not know what was added");
  },
  "am AdmissionWebhook include webhook resources in discovery documents": async (world) => {
    const group = listAt(await world.ok("GET /apis"), "groups").find(
      (each) => each["name"] === "admissionregistration.k8s.io",
    );
    assert(listAt(group, "versions").some((each) => each["version"] === "v1"));
    const list = listAt(await world.ok("GET /apis/admissionregistration.k8s.io/v1"), "resources");
    for (const name of Object.values(resourceOf))
      assert(
        list.some((each) => each["name"] === name),
        name,
      );
  },
};

export const webhooks: Behaviours = { ...both, ...denying, ...changing };
