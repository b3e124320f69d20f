/** Kinds that somebody defines: made, found, published, defaulted, selected and validated. */
import assert from "node:assert/strict";
import { isJsonObject, type JsonObject } from "../../core/wire/src/index.ts";
import type { Behaviour, Behaviours } from "./behaviour.ts";
import { at, listAt, nameOf, textAt } from "./client.ts";
import { condition } from "./status-life.ts";
import { conditionOf, type World } from "./world.ts";

const definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

const open: JsonObject = { type: "object", "x-kubernetes-preserve-unknown-fields": true };

/** A schema with a specification. */
function withSpec(properties: JsonObject, rest: JsonObject = {}): JsonObject {
  return { type: "object", properties: { spec: { type: "object", properties, ...rest } } };
}

const bars: JsonObject = {
  bars: {
    type: "array",
    items: {
      type: "object",
      required: ["name"],
      properties: { name: { type: "string" }, age: { type: "string" } },
    },
  },
};

/** What a definition says beyond its names. */
interface Wish {
  readonly plural?: string;
  readonly group?: string;
  readonly versions?: readonly JsonObject[];
  readonly schema?: JsonObject;
  readonly labels?: JsonObject;
}

function version(name: string, schema: JsonObject, rest: JsonObject = {}): JsonObject {
  return { name, served: true, storage: false, schema: { openAPIV3Schema: schema }, ...rest };
}

/** A kind that is made, and where its objects stand in the test's namespace. */
interface Kind {
  readonly name: string;
  readonly kind: string;
  readonly group: string;
  readonly path: string;
}

async function define(world: World, wish: Wish = {}): Promise<Kind> {
  const { plural = "foos", group = `${world.namespace}.example.com`, schema = open } = wish;
  const singular = plural.slice(0, -1);
  const kind = `${singular.slice(0, 1).toUpperCase()}${singular.slice(1)}`;
  const name = `${plural}.${group}`;
  const versions = wish.versions ?? [version("v1", schema, { storage: true })];
  const names = { plural, singular, kind, listKind: `${kind}List` };
  world.atEnd(() => world.ok(`DELETE ${definitions}/${name}`));
  await world.ok(`POST ${definitions}`, {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name, ...(wish.labels && { labels: wish.labels }) },
    spec: { group, scope: "Namespaced", names, versions: [...versions] },
  });
  await world.until(`${name} established`, async () => {
    return conditionOf(await world.ok(`GET ${definitions}/${name}`), "Established") === "True";
  });
  const served = textAt(versions[0], "name");
  return {
    name,
    kind,
    group,
    path: `/apis/${group}/${served}/namespaces/${world.namespace}/${plural}`,
  };
}

function objectOf({ kind, group }: Kind, name: string, rest: JsonObject = {}): JsonObject {
  return { apiVersion: `${group}/v1`, kind, metadata: { name }, ...rest };
}

const life: Behaviours = {
  "am CRD Simple creating/deleting works": async (world) => {
    const { name } = await define(world);
    await world.ok(`DELETE ${definitions}/${name}`);
    await world.until(
      "it gone",
      async () => (await world.client.send(`GET ${definitions}/${name}`)).status === 404,
    );
  },
  "am CRD Simple listing works": async (world) => {
    const labels = { life: world.namespace };
    for (let index = 0; index < 10; index += 1) {
      await define(world, { group: `g${index}.${world.namespace}.example.com`, labels });
    }
    const query = `?labelSelector=life%3D${world.namespace}`;
    assert.equal(listAt(await world.ok(`GET ${definitions}${query}`), "items").length, 10);
    await world.ok(`DELETE ${definitions}${query}`);
    await world.until(
      "none left",
      async () => listAt(await world.ok(`GET ${definitions}${query}`), "items").length === 0,
    );
  },
  "am CRD Simple status sub-resource works": async (world) => {
    const { name } = await define(world);
    const path = `${definitions}/${name}/status`;
    assert.equal(conditionOf(await world.ok(`GET ${path}`), "Established"), "True");
    const shown = { ...condition("Patched"), lastTransitionTime: "2026-01-01T00:00:00Z" };
    const found = await world.ok(`GET ${path}`);
    const conditions = [...listAt(found, "status", "conditions"), shown];
    const body = { status: { conditions } };
    const patched = await world.ok(`PATCH ${path}`, body, "application/merge-patch+json");
    assert.equal(conditionOf(patched, "Patched"), "True");
    assert.equal(conditionOf(patched, "Established"), "True");
  },
  "am CRD discovery documents": async (world) => {
    const group = listAt(await world.ok("GET /apis"), "groups").find(
      (each) => each["name"] === "apiextensions.k8s.io",
    );
    assert(listAt(group, "versions").some((each) => each["version"] === "v1"));
    const own = await world.ok("GET /apis/apiextensions.k8s.io");
    assert(
      listAt(own, "versions").some((each) => each["groupVersion"] === "apiextensions.k8s.io/v1"),
    );
    const list = listAt(await world.ok("GET /apis/apiextensions.k8s.io/v1"), "resources");
    assert(list.some((each) => each["name"] === "customresourcedefinitions"));
  },
  "am CRD Watch watch on custom resource definition objects": async (world) => {
    const kind = await define(world);
    const watch = await world.client.watch(kind.path);
    for (const name of ["a", "b"]) await world.ok(`POST ${kind.path}`, objectOf(kind, name));
    await watch.see("ADDED", "b");
    await world.ok(`PATCH ${kind.path}/a`, { spec: { a: 1 } }, "application/merge-patch+json");
    await watch.see("MODIFIED", "a");
    await world.ok(`DELETE ${kind.path}/a`);
    await watch.see("DELETED", "a");
    watch.close();
  },
  "am CRD custom resource defaulting for requests and from storage works": async (world) => {
    const kind = await define(world, {
      schema: {
        type: "object",
        properties: { a: { type: "string", default: "A" }, b: { type: "string" } },
      },
    });
    assert.equal((await world.ok(`POST ${kind.path}`, objectOf(kind, "one")))["a"], "A");
    const path = "/spec/versions/0/schema/openAPIV3Schema/properties/b/default";
    await world.ok(
      `PATCH ${definitions}/${kind.name}`,
      [{ op: "add", path, value: "B" }],
      "application/json-patch+json",
    );
    await world.until(
      "the default of what is stored",
      async () => (await world.ok(`GET ${kind.path}/one`))["b"] === "B",
    );
    const again = await world.ok(
      `PATCH ${kind.path}/one`,
      { a: null },
      "application/merge-patch+json",
    );
    assert.deepEqual([again["a"], again["b"]], ["A", "B"]);
  },
  "am CRFieldSelectors list and watch": async (world) => {
    const schema = withSpec({ host: { type: "string" }, port: { type: "string" } });
    const selectableFields = [{ jsonPath: ".spec.host" }, { jsonPath: ".spec.port" }];
    const kind = await define(world, {
      versions: [version("v1", schema, { storage: true, selectableFields })],
    });
    const query = "?fieldSelector=spec.host%3Dhost1";
    const watch = await world.client.watch(`${kind.path}${query}`);
    for (const [name, host] of [
      ["a", "host1"],
      ["b", "host2"],
      ["c", "host1"],
    ] as const) {
      await world.ok(`POST ${kind.path}`, objectOf(kind, name, { spec: { host, port: "80" } }));
    }
    assert.deepEqual(listAt(await world.ok(`GET ${kind.path}${query}`), "items").map(nameOf), [
      "a",
      "c",
    ]);
    await watch.see("ADDED", "c");
    await world.ok(
      `PATCH ${kind.path}/a`,
      { spec: { host: "host2" } },
      "application/merge-patch+json",
    );
    await watch.see("DELETED", "a");
    assert(watch.events.every(({ object }) => nameOf(object) !== "b"));
    watch.close();
  },
};

const aggregated = {
  accept: "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList",
};

const found: Behaviour = async (world) => {
  const { group } = await define(world);
  await world.until("it in the aggregated document", async () => {
    const { body } = await world.client.send("GET /apis", undefined, aggregated);
    const item = listAt(body, "items").find((each) => nameOf(each) === group);
    const [row] = listAt(item, "versions", 0, "resources");
    return textAt(row, "resource") === "foos" && textAt(row, "responseKind", "kind") === "Foo";
  });
};

/** The schema that is published of a kind; undefined if there is none. */
async function published(
  world: World,
  { group, kind }: Kind,
  of = "v1",
): Promise<JsonObject | undefined> {
  const { status, body } = await world.client.send(`GET /openapi/v3/apis/${group}/${of}`);
  if (status !== 200) return undefined;
  const schemas = at(body, "components", "schemas");
  const all = isJsonObject(schemas) ? Object.values(schemas).filter(isJsonObject) : [];
  return all.find((schema) =>
    listAt(schema, "x-kubernetes-group-version-kind").some(
      (each) => each["kind"] === kind && each["version"] === of && each["group"] === group,
    ),
  );
}

async function untilPublished(
  world: World,
  kind: Kind,
  fits: (schema: JsonObject | undefined) => boolean,
  of = "v1",
): Promise<void> {
  await world.until(`what is published of ${kind.name} ${of}`, async () =>
    fits(await published(world, kind, of)),
  );
}

const isThere = (schema: JsonObject | undefined): boolean => schema !== undefined;

const publishing: Behaviours = {
  "am CRPublishOpenAPI with validation schema": async (world) => {
    const kind = await define(world, { schema: withSpec(bars, { description: "what is wanted" }) });
    await untilPublished(
      world,
      kind,
      (schema) => textAt(schema, "properties", "spec", "description") === "what is wanted",
    );
    const line = `POST ${kind.path}?fieldValidation=Strict`;
    await world.ok(line, objectOf(kind, "good", { spec: { bars: [{ name: "a" }] } }));
    const wrong = await world.refused(
      line,
      objectOf(kind, "bad", { spec: { bars: [{ age: "1" }] } }),
    );
    assert.deepEqual([wrong.code, wrong.fields], [422, ["spec.bars[0].name"]]);
    const unknown = await world.refused(
      line,
      objectOf(kind, "odd", { spec: { bars: [{ name: "a", wrong: 1 }] } }),
    );
    assert.match(unknown.message, /unknown field "spec\.bars\[0\]\.wrong"/u);
  },
  "am CRPublishOpenAPI without validation schema": async (world) => {
    const kind = await define(world);
    await untilPublished(world, kind, isThere);
    await world.ok(
      `POST ${kind.path}?fieldValidation=Strict`,
      objectOf(kind, "any", { a: { b: 1 } }),
    );
  },
  "am CRPublishOpenAPI preserving unknown fields at the schema root": async (world) => {
    const kind = await define(world, {
      schema: { ...withSpec(bars), "x-kubernetes-preserve-unknown-fields": true },
    });
    await untilPublished(world, kind, isThere);
    const made = await world.ok(
      `POST ${kind.path}?fieldValidation=Strict`,
      objectOf(kind, "any", { a: { b: 1 } }),
    );
    assert.deepEqual(made["a"], { b: 1 });
  },
  "am CRPublishOpenAPI preserving unknown fields in embedded object": async (world) => {
    const embedded = {
      type: "object",
      "x-kubernetes-embedded-resource": true,
      "x-kubernetes-preserve-unknown-fields": true,
    };
    const kind = await define(world, {
      schema: { type: "object", properties: { spec: embedded } },
    });
    await untilPublished(world, kind, isThere);
    const spec = { apiVersion: "v1", kind: "Any", metadata: { name: "inner" }, odd: { a: 1 } };
    const made = await world.ok(
      `POST ${kind.path}?fieldValidation=Strict`,
      objectOf(kind, "any", { spec }),
    );
    assert.deepEqual(at(made, "spec", "odd"), { a: 1 });
  },
  "am CRPublishOpenAPI multiple CRDs different groups": async (world) => {
    for (const part of ["one", "two"]) {
      await untilPublished(
        world,
        await define(world, { group: `${part}.${world.namespace}.example.com` }),
        isThere,
      );
    }
  },
  "am CRPublishOpenAPI same group and version different kinds": async (world) => {
    const kinds = [
      await define(world, { plural: "foos" }),
      await define(world, { plural: "waldos" }),
    ];
    for (const kind of kinds) await untilPublished(world, kind, isThere);
  },
  "am CRPublishOpenAPI same group different versions": async (world) => {
    const kind = await define(world, {
      versions: [version("v1", open, { storage: true }), version("v2", open)],
    });
    for (const name of ["v1", "v2"]) await untilPublished(world, kind, isThere, name);
  },
  "am CRPublishOpenAPI removes definition when version not served": async (world) => {
    const kind = await define(world, {
      versions: [version("v1", open, { storage: true }), version("v2", open)],
    });
    await untilPublished(world, kind, isThere, "v2");
    const change = [{ op: "replace", path: "/spec/versions/1/served", value: false }];
    await world.ok(`PATCH ${definitions}/${kind.name}`, change, "application/json-patch+json");
    await untilPublished(world, kind, (schema) => schema === undefined, "v2");
    await untilPublished(world, kind, isThere);
  },
  "am CRPublishOpenAPI updates the published spec when one version renamed": async (world) => {
    const kind = await define(world, {
      versions: [version("v1", open, { storage: true }), version("v2", open)],
    });
    await untilPublished(world, kind, isThere, "v2");
    const change = [{ op: "replace", path: "/spec/versions/1/name", value: "v3" }];
    await world.ok(`PATCH ${definitions}/${kind.name}`, change, "application/json-patch+json");
    await untilPublished(world, kind, isThere, "v3");
    await untilPublished(world, kind, (schema) => schema === undefined, "v2");
    await untilPublished(world, kind, isThere);
  },
};

const port: JsonObject = {
  port: {
    type: "object",
    properties: { containerPort: { type: "integer" }, hostPort: { type: "integer" } },
  },
};

/** Sends an object as text, so that what stands twice stays so. */
async function post(
  world: World,
  { path }: Kind,
  body: string,
): Promise<{ readonly status: number; readonly message: string }> {
  const answer = await world.client.send(`POST ${path}?fieldValidation=Strict`, Buffer.from(body));
  return { status: answer.status, message: textAt(answer.body, "message") };
}

const validation: Behaviours = {
  "am FieldValidation CR unknown fields CRD no schema": async (world) => {
    const kind = await define(world);
    await world.ok(
      `POST ${kind.path}?fieldValidation=Strict`,
      objectOf(kind, "any", { spec: { unknown: 1 } }),
    );
  },
  "am FieldValidation valid CR for CRD with schema": async (world) => {
    const kind = await define(world, { schema: withSpec(port) });
    const made = await world.ok(
      `POST ${kind.path}?fieldValidation=Strict`,
      objectOf(kind, "good", { spec: { port: { containerPort: 8080 } } }),
    );
    assert.equal(at(made, "spec", "port", "containerPort"), 8080);
  },
  "am FieldValidation invalid CR with extra properties": async (world) => {
    const kind = await define(world, { schema: withSpec(port) });
    const body = objectOf(kind, "bad", { spec: { port: { containerPort: 8080, unknown: 1 } } });
    const strict = await world.refused(`POST ${kind.path}?fieldValidation=Strict`, body);
    assert.equal(strict.code, 400);
    assert.match(strict.message, /unknown field "spec\.port\.unknown"/u);
    const warned = await world.client.send(`POST ${kind.path}?fieldValidation=Warn`, body);
    assert.equal(warned.status, 201);
    assert.match(warned.warnings, /unknown field \\"spec\.port\.unknown\\"/u);
    assert.equal(at(warned.body, "spec", "port", "unknown"), undefined);
  },
  "am FieldValidation duplicates in CR preserving unknown": async (world) => {
    const kind = await define(world, {
      schema: { ...withSpec(port), "x-kubernetes-preserve-unknown-fields": true },
    });
    const head = `"apiVersion":"${kind.group}/v1","kind":"${kind.kind}","metadata":{"name":"twice"}`;
    const { status, message } = await post(world, kind, `{${head},"spec":{"foo":1,"foo":2}}`);
    assert.equal(status, 400, message);
    assert.match(message, /duplicate field "spec\.foo"/u);
  },
  "am FieldValidation unknown metadata fields root and embedded CR": async (world) => {
    const template = {
      type: "object",
      "x-kubernetes-embedded-resource": true,
      properties: { spec: open },
    };
    const kind = await define(world, {
      schema: {
        type: "object",
        properties: { spec: { type: "object", properties: { template } } },
      },
    });
    const inner = { apiVersion: "v1", kind: "Any", metadata: { name: "inner", unknownSubMeta: 1 } };
    const head = `"apiVersion":"${kind.group}/v1","kind":"${kind.kind}"`;
    const body = `{${head},"metadata":{"name":"odd","unknownMeta":1},"spec":{"template":${JSON.stringify(inner)}}}`;
    const { status, message } = await post(world, kind, body);
    assert.equal(status, 400, message);
    assert.match(message, /unknown field "metadata\.unknownMeta"/u);
    assert.match(message, /unknown field "spec\.template\.metadata\.unknownSubMeta"/u);
  },
};

export const custom: Behaviours = {
  ...life,
  ...publishing,
  ...validation,
  "am AggregatedDiscovery interface for CRDs": found,
  "am AggregatedDiscovery raw request for CRDs": found,
};
