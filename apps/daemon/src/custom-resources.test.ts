/**
 * Custom resources as people use them, with the oldest and the newest kubectl that this computer
 * has: a definition in the shape of a certificate manager's, its objects, and the end of both.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Json, JsonObject } from "@beemesh/wire";
import { outerKubectls as kubectls } from "../../../test/kubectls.ts";
import { Client } from "./kubectl-client.test.ts";
import { at, type StageMachine, until, withStage } from "./stage.test.ts";

const skip = kubectls.length === 0 && "there is no kubectl";

const conditions: JsonObject = {
  type: "array",
  "x-kubernetes-list-type": "map",
  "x-kubernetes-list-map-keys": ["type"],
  items: {
    type: "object",
    required: ["type", "status"],
    properties: {
      type: { type: "string", description: "Such as Ready." },
      status: { type: "string", enum: ["True", "False", "Unknown"] },
      reason: { type: "string" },
    },
  },
};

const certificateSpec: JsonObject = {
  type: "object",
  description: "What certificate is wanted.",
  required: ["issuerRef", "secretName"],
  "x-kubernetes-validations": [
    {
      rule: "!has(self.renewBefore) || duration(self.renewBefore) < duration(self.duration)",
      message: "renewBefore must be shorter than duration",
    },
    { rule: "self.secretName == oldSelf.secretName", message: "secretName is immutable" },
  ],
  properties: {
    secretName: { type: "string", minLength: 1, description: "Where the certificate is put." },
    dnsNames: {
      type: "array",
      maxItems: 10,
      "x-kubernetes-list-type": "set",
      items: { type: "string", maxLength: 253 },
    },
    duration: { type: "string", default: "2160h" },
    renewBefore: { type: "string" },
    replicas: { type: "integer", default: 1, minimum: 0 },
    issuerRef: {
      type: "object",
      required: ["name"],
      properties: {
        name: { type: "string" },
        kind: { type: "string", default: "Issuer" },
      },
    },
  },
};

const version: JsonObject = {
  name: "v1",
  served: true,
  storage: true,
  schema: {
    openAPIV3Schema: {
      type: "object",
      description: "A certificate that is kept valid.",
      properties: {
        spec: certificateSpec,
        status: {
          type: "object",
          properties: { conditions, replicas: { type: "integer" } },
        },
      },
    },
  },
  subresources: {
    status: {},
    scale: { specReplicasPath: ".spec.replicas", statusReplicasPath: ".status.replicas" },
  },
  additionalPrinterColumns: [
    {
      name: "Ready",
      type: "string",
      jsonPath: '.status.conditions[?(@.type=="Ready")].status',
    },
    { name: "Secret", type: "string", jsonPath: ".spec.secretName" },
    { name: "Issuer", type: "string", jsonPath: ".spec.issuerRef.name", priority: 1 },
    { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
  ],
};

const definition: JsonObject = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "certificates.trust.example.com" },
  spec: {
    group: "trust.example.com",
    scope: "Namespaced",
    names: {
      plural: "certificates",
      singular: "certificate",
      kind: "Certificate",
      shortNames: ["cert"],
      categories: ["trust"],
    },
    versions: [version],
  },
};

/** Writes a certificate's status; kubectl up to 1.23 has no words for it but the path. */
async function tell(client: Client, name: string, status: JsonObject): ReturnType<Client["run"]> {
  if (await client.knows("patch", "--subresource")) {
    const patch = JSON.stringify({ status });
    return client.run(`patch cert ${name} --subresource=status --type=merge -p ${patch}`);
  }
  const path = `/apis/trust.example.com/v1/namespaces/default/certificates/${name}/status`;
  return client.run(`replace --raw ${path} -f -`, {
    ...(await client.object(`cert/${name}`)),
    status,
  });
}

function certificate(name: string, more: JsonObject = {}): JsonObject {
  return {
    apiVersion: "trust.example.com/v1",
    kind: "Certificate",
    metadata: { name, namespace: "default" },
    spec: { secretName: `${name}-tls`, issuerRef: { name: "own" }, ...more },
  };
}

async function machine(make: (name: string) => StageMachine): Promise<StageMachine> {
  const first = make("m1");
  first.found();
  await first.start();
  return first;
}

async function withDefinition(client: Client): Promise<void> {
  await client.done("apply -f -", definition);
  const waited = "wait --for=condition=Established crd/certificates.trust.example.com";
  assert.match(await client.done(`${waited} --timeout=20s`), /condition met/u);
}

const mergePatch = "patch cert web --type=merge -p";

describe("custom resources", { skip }, () => {
  for (const path of kubectls) {
    const name = path.replace(/^.*\//u, "");

    test(`${name}: are made, shown, explained, changed and deleted`, () =>
      withStage(async (make) => {
        const client = new Client(await machine(make), path);
        await withDefinition(client);
        assert.match(await client.done("api-resources --api-group=trust.example.com"), /cert /u);
        await client.done("create -f -", certificate("web", { dnsNames: ["a.example"] }));
        const plain = await client.done("get cert");
        assert.match(plain, /NAME +READY +SECRET +AGE\nweb +web-tls/u);
        assert.match(await client.done("get certificates.trust.example.com web -o wide"), /own/u);
        assert.match(await client.done("get trust"), /web/u);
        const shown = await client.object("certificate/web");
        assert.equal(at(shown, "spec", "duration"), "2160h");
        assert.equal(at(shown, "spec", "issuerRef", "kind"), "Issuer");
        await client.done(`${mergePatch} {"spec":{"dnsNames":["b.example"]}}`);
        await client.done("label cert web tier=front");
        const applied = certificate("web", { duration: "100h", renewBefore: "10h" });
        await client.done("apply --server-side --force-conflicts -f -", applied);
        await client.done("apply -f -", certificate("other"));
        await client.done("apply -f -", certificate("other", { dnsNames: ["c.example"] }));
        assert.match(await client.done("describe cert web"), /Renew Before: +10h/u);
        assert.match(
          await client.done("get cert -l tier=front -o name"),
          /^certificate\S*\/web\n$/u,
        );
        await client.done("delete cert web");
        assert.match((await client.run("get cert web")).output, /NotFound/u);
      }));

    test(`${name}: are refused with the field, the rule and its message`, () =>
      withStage(async (make) => {
        const client = new Client(await machine(make), path);
        await withDefinition(client);
        await client.done("create -f -", certificate("web"));
        const create = "create --validate=false -f -";
        const refusals: readonly (readonly [Json, RegExp])[] = [
          [certificate("x", { secretName: "" }), /spec\.secretName.*at least 1 chars long/u],
          [certificate("x", { replicas: "two" }), /spec\.replicas.*must be of type integer/u],
          [certificate("x", { dnsNames: ["a", "a"] }), /spec\.dnsNames\[1\]: Duplicate value/u],
          [certificate("x", { issuerRef: {} }), /spec\.issuerRef\.name: Required value/u],
          [
            certificate("x", { duration: "1h", renewBefore: "2h" }),
            /spec: Invalid value: "object": renewBefore must be shorter than duration/u,
          ],
        ];
        for (const [wanted, text] of refusals) {
          const { code, output } = await client.run(create, wanted);
          assert.notEqual(code, 0);
          assert.match(output, text);
        }
        const fixed = await client.run(`${mergePatch} {"spec":{"secretName":"z"}}`);
        assert.match(fixed.output, /secretName is immutable/u);
        const strict = await client.run("create -f -", certificate("x", { colour: "red" }));
        assert.notEqual(strict.code, 0);
        assert.match(strict.output, /unknown field|strict decoding|error validating/u);
      }));
  }

  test("explains its fields, and has a status and a scale of its own", () =>
    withStage(async (make) => {
      const newest = kubectls.at(-1) ?? "";
      const client = new Client(await machine(make), newest);
      await withDefinition(client);
      const explained = await client.done("explain certificates.spec.secretName");
      assert.match(explained, /Where the certificate is put/u);
      assert.match(await client.done("explain cert"), /A certificate that is kept valid/u);
      await client.done("create -f -", certificate("web"));
      const isReady = { conditions: [{ type: "Ready", status: "True" }] };
      const told = await tell(client, "web", { replicas: 1, ...isReady });
      assert.equal(told.code, 0, told.output);
      assert.match(await client.done("get cert web"), /web +True/u);
      await client.done("wait --for=condition=Ready cert/web --timeout=10s");
      await client.done("scale cert/web --replicas=3");
      assert.equal(at(await client.object("cert/web"), "spec", "replicas"), 3);
      const odd = { conditions: [{ type: "Ready", status: "Odd" }] };
      const wrong = await tell(client, "web", odd);
      assert.match(wrong.output, /supported values: "False", "True", "Unknown"/u);
    }));

  test("are everywhere in the mesh, and end with their definition", () =>
    withStage(async (make) => {
      const newest = kubectls.at(-1) ?? "";
      const first = await machine(make);
      const second = make("m2");
      second.join(first);
      await second.start();
      const here = new Client(first, newest);
      await withDefinition(here);
      await here.done("create -f -", certificate("web"));
      const owner = await here.object("cert/web");
      const reference = {
        apiVersion: "trust.example.com/v1",
        kind: "Certificate",
        name: "web",
        uid: at(owner, "metadata", "uid") ?? "",
      };
      await here.done("create -f -", {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: "owned", namespace: "default", ownerReferences: [reference] },
      });
      const there = new Client(second, newest);
      await until("the other machine has it", async () => {
        const { code, output } = await there.run("get cert web");
        return code === 0 && output.includes("web-tls");
      });
      await there.done("create ns shop");
      const shop = certificate("shop");
      await there.done("create -f -", {
        ...shop,
        metadata: { name: "shop", namespace: "shop" },
      });
      await there.done("delete ns shop --timeout=30s");
      await until("what was in the namespace is gone", async () => {
        const { output } = await here.run("get cert -A -o name");
        return !output.includes("shop");
      });
      await there.done("delete crd certificates.trust.example.com --timeout=30s");
      await until("it is gone on the first machine too", async () => {
        const { output } = await here.run("get cert");
        return /doesn't have a resource type|could not find the requested resource/u.test(output);
      });
      await until("what it owned is gone as well", async () => {
        const { output } = await here.run("get configmap owned");
        return output.includes("NotFound");
      });
      await withDefinition(there);
      assert.match((await there.run("get cert")).output, /No resources found/u);
    }));
});
