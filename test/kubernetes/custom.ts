/** Resources that definitions make: what is served of them, written, watched and described. */
import assert from "node:assert/strict";
import type { Json, JsonObject } from "../../core/wire/src/index.ts";
import type { Behaviours } from "./behaviour.ts";
import { type Answer, at, listAt, nameOf, textAt } from "./client.ts";
import type { World } from "./world.ts";

const definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const merge = "application/merge-patch+json";

/** A definition that one test has for itself. */
interface Defined {
  readonly group: string;
  readonly name: string;
  readonly plural: string;
  readonly kind: string;
  /** The path of a version's objects in the world's namespace. */
  readonly path: (version?: string) => string;
  /** An object of a version. */
  readonly object: (name: string, more?: JsonObject, version?: string) => JsonObject;
}

interface Wish {
  /** Where a test has several. */
  readonly name?: string;
  readonly group?: string;
  readonly label?: string;
  readonly versions?: readonly JsonObject[];
  readonly schema?: JsonObject;
  readonly subresources?: JsonObject;
}

const anything: JsonObject = { type: "object", "x-kubernetes-preserve-unknown-fields": true };

function version(name: string, schema: JsonObject, more: JsonObject = {}): JsonObject {
  const storage = name === "v1";
  return { name, served: true, storage, schema: { openAPIV3Schema: schema }, ...more };
}

/** Makes a definition and waits until it says that its objects are served. */
async function define(world: World, wish: Wish = {}): Promise<Defined> {
  const plural = world.unique(wish.name ?? "things").replaceAll(/[^a-z0-9]/gu, "");
  const { group = `${plural}.example.com`, schema = anything, label = plural } = wish;
  const kind = `${plural.slice(0, 1).toUpperCase()}${plural.slice(1)}`;
  const subresources = wish.subresources === undefined ? {} : { subresources: wish.subresources };
  const name = `${plural}.${group}`;
  await world.ok(`POST ${definitions}`, {
    kind: "CustomResourceDefinition",
    metadata: { name, labels: { of: label } },
    spec: {
      group,
      scope: "Namespaced",
      names: { plural, kind, singular: `${plural}-one`, listKind: `${kind}List` },
      versions: wish.versions ?? [version("v1", schema, subresources)],
    },
  });
  world.atEnd(() => world.client.send(`DELETE ${definitions}/${name}`));
  await world.until(`${name} is established`, async () => {
    const conditions = listAt(await world.ok(`GET ${definitions}/${name}`), "status", "conditions");
    return conditions.some((each) => each["type"] === "Established" && each["status"] === "True");
  });
  const home = world.path("configmaps").replace(/^.*\/namespaces\//u, "namespaces/");
  return {
    group,
    name,
    plural,
    kind,
    path: (asked = "v1") => `/apis/${group}/${asked}/${home.replace(/configmaps$/u, plural)}`,
    object: (own, more = {}, asked = "v1") => ({
      apiVersion: `${group}/${asked}`,
      kind,
      metadata: { name: own },
      ...more,
    }),
  };
}

function aggregated(world: World, root: string): Promise<Answer> {
  const accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
  return world.client.send(`GET ${root}`, undefined, { accept });
}

async function seesInDiscovery(world: World, { group, plural, kind }: Defined): Promise<void> {
  const answer = await aggregated(world, "/apis");
  const found = listAt(answer.body, "items").find((each) => nameOf(each) === group);
  assert(found, answer.text.slice(0, 500));
  const [row] = listAt(found, "versions", 0, "resources");
  assert.equal(textAt(row, "resource"), plural);
  assert.equal(textAt(row, "responseKind", "kind"), kind);
  assert.equal(textAt(row, "scope"), "Namespaced");
}

/** The schema of a kind in the OpenAPI v2 document; undefined if it is not there. */
async function published(
  world: World,
  { group, kind }: Pick<Defined, "group" | "kind">,
  asked = "v1",
): Promise<Json | undefined> {
  const name = [...group.split(".").toReversed(), asked, kind].join(".");
  return at(await world.ok("GET /openapi/v2"), "definitions", name);
}

const specified: JsonObject = {
  type: "object",
  description: "Foo CRD for Testing",
  properties: {
    spec: {
      type: "object",
      description: "Specification of Foo",
      properties: {
        bars: {
          type: "array",
          description: "List of Bars and their specs.",
          items: {
            type: "object",
            required: ["name"],
            properties: {
              name: { type: "string", description: "Name of Bar." },
              age: { type: "string", description: "Age of Bar." },
            },
          },
        },
      },
    },
  },
};

async function strictly(world: World, crd: Defined, body: JsonObject): Promise<Answer> {
  return world.client.send(`POST ${crd.path()}?fieldValidation=Strict`, body);
}

const discovery: Behaviours = {
  "am AggregatedDiscovery interface for CRDs": async (world) => {
    await seesInDiscovery(world, await define(world));
  },

  "am AggregatedDiscovery raw request for CRDs": async (world) => {
    const crd = await define(world);
    await seesInDiscovery(world, crd);
    await world.ok(`DELETE ${definitions}/${crd.name}`);
    await world.until("it is not told of any more", async () => {
      const { body } = await aggregated(world, "/apis");
      return listAt(body, "items").every((each) => nameOf(each) !== crd.group);
    });
  },

  "am CRD discovery documents": async (world) => {
    const groups = listAt(await world.ok("GET /apis"), "groups");
    const own = groups.find((each) => each["name"] === "apiextensions.k8s.io");
    assert.equal(textAt(own, "preferredVersion", "groupVersion"), "apiextensions.k8s.io/v1");
    const group = await world.ok("GET /apis/apiextensions.k8s.io");
    assert.equal(textAt(group, "versions", 0, "version"), "v1");
    const rows = listAt(await world.ok("GET /apis/apiextensions.k8s.io/v1"), "resources");
    assert(rows.some((row) => row["name"] === "customresourcedefinitions"));
  },
};

const lives: Behaviours = {
  "am CRD Simple creating/deleting works": async (world) => {
    const crd = await define(world);
    await world.ok(`DELETE ${definitions}/${crd.name}`);
    await world.until("it is gone", async () => {
      return (await world.client.send(`GET ${definitions}/${crd.name}`)).status === 404;
    });
  },

  "am CRD Simple status sub-resource works": async (world) => {
    const crd = await define(world);
    const path = `${definitions}/${crd.name}/status`;
    const found = await world.ok(`GET ${path}`);
    const condition = (type: string): JsonObject => ({
      type,
      status: "True",
      reason: "E2E",
      message: "Set from e2e test",
    });
    const conditions = [...listAt(found, "status", "conditions"), condition("StatusUpdate")];
    const status = { ...Object(found["status"]), conditions };
    const updated = await world.ok(`PUT ${path}`, { ...found, status });
    const types = (object: JsonObject): readonly string[] =>
      listAt(object, "status", "conditions").map((each) => textAt(each, "type"));
    assert(types(updated).includes("StatusUpdate"));
    const body = { status: { conditions: [condition("StatusPatched")] } };
    const patched = await world.ok(`PATCH ${path}`, body, merge);
    assert(types(patched).includes("StatusPatched"));
    assert(types(patched).includes("Established"));
  },

  "am CRD Simple listing works": async (world) => {
    const label = world.unique("listed");
    const made = [
      await define(world, { label, name: "ones" }),
      await define(world, { label, name: "others" }),
    ];
    const of = `${definitions}?labelSelector=of%3D${label}`;
    const names = async (): Promise<readonly string[]> =>
      listAt(await world.ok(`GET ${of}`), "items").map(nameOf);
    assert.deepEqual((await names()).toSorted(), made.map(({ name }) => name).toSorted());
    await world.ok(`DELETE ${of}`);
    await world.until("they are gone", async () => (await names()).length === 0);
  },

  "am CRD Watch watch on custom resource definition objects": async (world) => {
    const crd = await define(world);
    const watches = await Promise.all(
      ["a", "b"].map((name) =>
        world.client.watch(`${crd.path()}?fieldSelector=metadata.name%3D${name}`),
      ),
    );
    for (const [index, watch] of watches.entries()) {
      const name = ["a", "b"][index] ?? "";
      await world.ok(`POST ${crd.path()}`, crd.object(name, { content: 1 }));
      await watch.see("ADDED", name);
      await world.ok(`PATCH ${crd.path()}/${name}`, { content: 2 }, merge);
      const { object } = await watch.see("MODIFIED", name);
      assert.equal(object["content"], 2);
      await world.ok(`DELETE ${crd.path()}/${name}`);
      await watch.see("DELETED", name);
      watch.close();
    }
  },

  "am CRD custom resource defaulting for requests and from storage works": async (world) => {
    const schema = (more: JsonObject): JsonObject => ({
      type: "object",
      properties: { a: { type: "string", default: "A" }, b: { type: "string" }, ...more },
    });
    const crd = await define(world, { schema: schema({}) });
    const first = await world.ok(`POST ${crd.path()}`, crd.object("foo"));
    assert.deepEqual([first["a"], first["b"]], ["A", undefined]);
    const path = "/spec/versions/0/schema/openAPIV3Schema/properties";
    const patch: Json = [
      { op: "add", path: `${path}/b/default`, value: "B" },
      { op: "remove", path: `${path}/a/default` },
    ];
    await world.ok(`PATCH ${definitions}/${crd.name}`, patch, "application/json-patch+json");
    await world.until("what was kept has the new default", async () => {
      const found = await world.ok(`GET ${crd.path()}/foo`);
      return found["a"] === "A" && found["b"] === "B";
    });
    const second = await world.ok(`POST ${crd.path()}`, crd.object("bar"));
    assert.deepEqual([second["a"], second["b"]], [undefined, "B"]);
  },

  "am CRFieldSelectors list and watch": async (world) => {
    const schema: JsonObject = {
      type: "object",
      properties: {
        host: { type: "string" },
        port: { type: "string" },
      },
    };
    const selectableFields = [{ jsonPath: ".host" }];
    const versions = [
      version("v1", schema, { selectableFields }),
      version("v2", schema, { selectableFields: [{ jsonPath: ".host" }, { jsonPath: ".port" }] }),
    ];
    const crd = await define(world, { versions });
    const query = "?fieldSelector=host%3Dhost1";
    const watch = await world.client.watch(`${crd.path()}${query}`);
    for (const [name, host] of [
      ["a", "host1"],
      ["b", "host2"],
      ["c", "host1"],
    ] as const) {
      await world.ok(`POST ${crd.path()}`, crd.object(name, { host, port: "80" }));
    }
    const listed = async (path: string): Promise<readonly string[]> =>
      listAt(await world.ok(`GET ${path}`), "items").map(nameOf);
    assert.deepEqual(await listed(`${crd.path()}${query}`), ["a", "c"]);
    assert.deepEqual(await listed(`${crd.path("v2")}${query}%2Cport%3D80`), ["a", "c"]);
    assert.equal(
      (await world.client.send(`GET ${crd.path()}?fieldSelector=port%3D80`)).status,
      400,
    );
    await watch.see("ADDED", "a");
    await watch.see("ADDED", "c");
    // What does not fit any more is gone for who watches.
    await world.ok(`PATCH ${crd.path()}/a`, { host: "host2" }, merge);
    await watch.see("DELETED", "a");
    watch.close();
  },
};

const described: Behaviours = {
  "am CRPublishOpenAPI with validation schema": async (world) => {
    const crd = await define(world, { schema: specified });
    const schema = await published(world, crd);
    assert.equal(
      textAt(schema, "properties", "spec", "properties", "bars", "description"),
      "List of Bars and their specs.",
    );
    assert.equal(textAt(schema, "properties", "metadata", "$ref").split(".").at(-1), "ObjectMeta");
    assert.deepEqual(at(schema, "x-kubernetes-group-version-kind"), [
      { group: crd.group, version: "v1", kind: crd.kind },
    ]);
    const wrong = await strictly(world, crd, crd.object("a", { spec: { bars: [{ age: "1" }] } }));
    assert.equal(wrong.status, 422, wrong.text);
  },

  "am CRPublishOpenAPI without validation schema": async (world) => {
    const crd = await define(world);
    assert.notEqual(await published(world, crd), undefined);
    const odd = await strictly(world, crd, crd.object("a", { a: { b: [{ c: "d" }] } }));
    assert.equal(odd.status, 201, odd.text);
  },

  "am CRPublishOpenAPI preserving unknown fields at the schema root": async (world) => {
    const schema = { ...specified, "x-kubernetes-preserve-unknown-fields": true };
    const crd = await define(world, { schema });
    assert.notEqual(await published(world, crd), undefined);
    const odd = await strictly(world, crd, crd.object("a", { unknown: 1 }));
    assert.equal(odd.status, 201, odd.text);
    assert.equal(odd.body["unknown"], 1);
  },

  "am CRPublishOpenAPI preserving unknown fields in embedded object": async (world) => {
    const schema = { type: "object", properties: { spec: anything } };
    const crd = await define(world, { schema });
    assert.deepEqual(at(await published(world, crd), "properties", "spec"), {
      type: "object",
      "x-kubernetes-preserve-unknown-fields": true,
    });
    const odd = await strictly(world, crd, crd.object("a", { spec: { b: [1] } }));
    assert.deepEqual(at(odd.body, "spec", "b"), [1]);
    assert.equal((await strictly(world, crd, crd.object("b", { more: 1 }))).status, 400);
  },

  "am CRPublishOpenAPI multiple CRDs different groups": async (world) => {
    for (const name of ["ones", "others"]) {
      const crd = await define(world, { name });
      assert.notEqual(await published(world, crd), undefined);
    }
  },

  "am CRPublishOpenAPI same group and version different kinds": async (world) => {
    const group = `${world.unique("shared").replaceAll(/[^a-z0-9]/gu, "")}.example.com`;
    for (const name of ["ones", "others"]) {
      const crd = await define(world, { group, name });
      assert.notEqual(await published(world, crd), undefined);
    }
    const document = await world.ok(`GET /openapi/v3/apis/${group}/v1`);
    const schemas = Object.keys(Object(at(document, "components", "schemas")));
    assert.equal(schemas.filter((name) => name.endsWith("List")).length, 2);
  },

  "am CRPublishOpenAPI same group different versions": async (world) => {
    const versions = [version("v1", specified), version("v2", anything)];
    const crd = await define(world, { versions });
    assert.notEqual(await published(world, crd, "v1"), undefined);
    assert.notEqual(await published(world, crd, "v2"), undefined);
  },

  "am CRPublishOpenAPI updates the published spec when one version renamed": async (world) => {
    const versions = [version("v1", specified), version("v2", specified)];
    const crd = await define(world, { versions });
    assert.notEqual(await published(world, crd, "v2"), undefined);
    const renamed = [{ op: "replace", path: "/spec/versions/1/name", value: "v4" }];
    const path = `${definitions}/${crd.name}`;
    await world.ok(`PATCH ${path}`, renamed, "application/json-patch+json");
    await world.until("the new name is told", async () => {
      return (await published(world, crd, "v4")) !== undefined;
    });
    assert.equal(await published(world, crd, "v2"), undefined);
    assert.notEqual(await published(world, crd, "v1"), undefined);
  },

  "am CRPublishOpenAPI removes definition when version not served": async (world) => {
    const versions = [version("v1", specified), version("v2", specified)];
    const crd = await define(world, { versions });
    const hidden = [{ op: "replace", path: "/spec/versions/1/served", value: false }];
    const path = `${definitions}/${crd.name}`;
    await world.ok(`PATCH ${path}`, hidden, "application/json-patch+json");
    await world.until("it is told no more", async () => {
      return (await published(world, crd, "v2")) === undefined;
    });
    assert.notEqual(await published(world, crd, "v1"), undefined);
  },
};

const validated: Behaviours = {
  "am FieldValidation CR unknown fields CRD no schema": async (world) => {
    const crd = await define(world);
    const made = await strictly(world, crd, crd.object("a", { spec: { any: 1 } }));
    assert.equal(made.status, 201, made.text);
    assert.equal(at(made.body, "spec", "any"), 1);
  },

  "am FieldValidation valid CR for CRD with schema": async (world) => {
    const crd = await define(world, { schema: specified });
    const good = crd.object("a", { spec: { bars: [{ name: "x" }] } });
    const made = await strictly(world, crd, good);
    assert.equal(made.status, 201, made.text);
    assert.equal(made.warnings, "");
  },

  "am FieldValidation invalid CR with extra properties": async (world) => {
    const crd = await define(world, { schema: specified });
    const odd = crd.object("a", { spec: { bars: [{ name: "x", extra: 1 }], more: 2 } });
    const refused = await strictly(world, crd, odd);
    assert.equal(refused.status, 400, refused.text);
    const message = textAt(refused.body, "message");
    assert.match(message, /strict decoding error/u);
    assert.match(message, /unknown field "spec\.bars\[0\]\.extra"/u);
    assert.match(message, /unknown field "spec\.more"/u);
    const warned = await world.client.send(`POST ${crd.path()}?fieldValidation=Warn`, odd);
    assert.match(warned.warnings, /unknown field \\"spec\.more\\"/u);
    assert.equal(at(warned.body, "spec", "more"), undefined);
  },

  "am FieldValidation duplicates in CR preserving unknown": async (world) => {
    const crd = await define(world);
    const yaml = [
      `apiVersion: ${crd.group}/v1`,
      `kind: ${crd.kind}`,
      "metadata: { name: doubled }",
      "spec:",
      "  unknown: uk1",
      "  unknownDupe: ukd1",
      "  unknownDupe: ukd2",
    ].join("\n");
    const line = `PATCH ${crd.path()}/doubled?fieldManager=test&fieldValidation=`;
    const words = { contentType: "application/apply-patch+yaml" };
    const strict = await world.client.send(`${line}Strict`, Buffer.from(yaml), words);
    assert.equal(strict.status, 400, strict.text);
    assert.match(textAt(strict.body, "message"), /line 7: key "unknownDupe" already set in map/u);
    const warned = await world.client.send(`${line}Warn`, Buffer.from(yaml), words);
    assert.equal(warned.status, 201, warned.text);
    assert.match(warned.warnings, /already set in map/u);
    assert.equal(at(warned.body, "spec", "unknownDupe"), "ukd2");
  },

  "am FieldValidation unknown metadata fields root and embedded CR": async (world) => {
    const template = {
      type: "object",
      "x-kubernetes-embedded-resource": true,
      properties: {
        metadata: { type: "object", properties: { name: { type: "string" } } },
        spec: { type: "object" },
      },
    };
    const schema = {
      type: "object",
      properties: { spec: { type: "object", properties: { template } } },
    };
    const crd = await define(world, { schema });
    const inner = { apiVersion: "foo/v1", kind: "Sub", metadata: { name: "x", unknownSub: 1 } };
    const made = {
      ...crd.object("a", { spec: { template: inner } }),
      metadata: { name: "a", unknownMeta: "x" },
    };
    const refused = await strictly(world, crd, made);
    assert.equal(refused.status, 400, refused.text);
    const message = textAt(refused.body, "message");
    assert.match(message, /unknown field "metadata\.unknownMeta"/u);
    assert.match(message, /unknown field "spec\.template\.metadata\.unknownSub"/u);
  },
};

export const custom: Behaviours = { ...discovery, ...lives, ...described, ...validated };
