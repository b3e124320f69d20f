import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Wanted } from "@beemesh/gateway";
import { selfSignedServer } from "@beemesh/identity";
import type { KubeObject } from "@beemesh/model";
import type { Change, ObjectStore } from "@beemesh/ports";
import { createLog } from "../log.ts";
import type { PodAccess } from "../tunnel/pod-access.ts";
import { Ways } from "./ways.ts";

const service: KubeObject = {
  apiVersion: "v1",
  kind: "Service",
  metadata: { namespace: "shop", name: "web" },
  spec: { ports: [{ name: "http", port: 80 }] },
};

const slice: KubeObject = {
  apiVersion: "discovery.k8s.io/v1",
  kind: "EndpointSlice",
  metadata: {
    namespace: "shop",
    name: "web-1",
    labels: { "kubernetes.io/service-name": "web" },
  },
  ports: [{ name: "http", port: 8080 }],
  endpoints: ["u1", "u2"].map((uid) => ({ targetRef: { uid }, nodeName: "m1" })),
};

function ingressOf(spec: object, annotations: Record<string, string> = {}): KubeObject {
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: { namespace: "shop", name: "way", annotations },
    spec: {
      rules: [
        {
          host: "shop.example",
          http: {
            paths: [
              {
                path: "/",
                pathType: "Prefix",
                backend: { service: { name: "web", port: { number: 80 } } },
              },
            ],
          },
        },
      ],
      ...spec,
    },
  };
}

/** Ways over objects that a test may change, and what was brought, told and connected to. */
class Stage {
  readonly objects: KubeObject[];
  readonly brought = new Set<string>();
  readonly log: string[] = [];
  readonly connected: string[] = [];
  readonly entrants = new Set<string>();
  nowMs = 0;
  readonly ways: Ways;
  #listener: (change: Change) => void = () => undefined;

  constructor(...objects: KubeObject[]) {
    this.objects = objects;
    const list: ObjectStore["list"] = ({ kind }, namespace) => ({
      items: this.objects.filter(
        (object) =>
          object.kind === kind &&
          (namespace === undefined || object.metadata.namespace === namespace),
      ),
      revision: "1",
    });
    const get: ObjectStore["get"] = ({ kind }, namespace, name) =>
      this.objects.find(
        ({ kind: own, metadata }) =>
          own === kind && metadata.namespace === namespace && metadata.name === name,
      );
    const onChange: ObjectStore["onChange"] = (listener) => {
      this.#listener = listener;
      return () => undefined;
    };
    const connect: PodAccess["connect"] = ({ uid, machine }, port, by) => {
      this.connected.push(`${uid}@${machine}:${port}`);
      this.entrants.add(by ?? "");
      return Promise.reject(new Error("nobody is there"));
    };
    const write = (line: string): void => {
      this.log.push(line);
    };
    this.ways = new Ways({
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only what is used is there
      objects: { list, get, onChange } as ObjectStore,
      pods: { connect },
      reading: {
        bringAll: (collections) => {
          for (const each of collections) this.brought.add(each);
          return Promise.resolve();
        },
        namespaces: () => ["shop"],
      },
      log: createLog({ format: "text", level: "warn", write, wallMs: () => 0 }),
      nowMs: () => this.nowMs,
    });
  }

  /** Tells that an Ingress has changed. */
  changed(): void {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only the name is looked at
    this.#listener({ resource: { name: "ingresses" } } as Change);
  }

  /** Asks for a way and takes it; gives where it led. */
  async go(wish: Partial<Wanted> = {}): Promise<string> {
    const wanted: Wanted = {
      host: "shop.example",
      path: "/a",
      target: "/a?b=c",
      headers: { host: "shop.example:8080" },
      isSecure: false,
      isLocal: false,
      ...wish,
    };
    const way = await this.ways.find(wanted);
    if (way === undefined) return "nowhere";
    if ("location" in way) return way.location;
    await assert.rejects(way.connect());
    return this.connected.at(-1) ?? "";
  }
}

describe("Ways", () => {
  test("let the owner in as the owner, who is asked for no policy", async () => {
    const stage = new Stage(service, slice);
    const found = await stage.ways.findService({ namespace: "shop", service: "web", port: "" });
    await assert.rejects(found.connect());
    assert.deepEqual([...stage.entrants], ["owner"]);
  });

  test("lead to the pods of a service in turns", async () => {
    const stage = new Stage(service, slice, ingressOf({}));
    const led = [await stage.go(), await stage.go()].toSorted();
    assert.deepEqual(led, ["u1@m1:8080", "u2@m1:8080"]);
    assert.equal(await stage.go({ host: "other.example" }), "nowhere");
    assert(stage.ways.claims("shop.example"));
    assert.deepEqual([...stage.entrants], ["ingress"]);
    assert(!stage.ways.claims("web.shop"));
  });

  test("bring what they need from elsewhere", async () => {
    const stage = new Stage(ingressOf({ tls: [{ hosts: ["shop.example"], secretName: "tls" }] }));
    await assert.rejects(stage.go());
    await stage.ways.contextOf("shop.example");
    assert.deepEqual([...stage.brought].toSorted(), [
      "endpointslices.discovery.k8s.io/shop",
      "ingressclasses.networking.k8s.io/-",
      "ingresses.networking.k8s.io/shop",
      "namespaces/-",
      "secrets/shop",
      "services/shop",
    ]);
  });

  test("follow changes of Ingresses", async () => {
    const stage = new Stage(service, slice);
    assert.equal(await stage.go(), "nowhere");
    stage.objects.push(ingressOf({}));
    stage.changed();
    assert.notEqual(await stage.go(), "nowhere");
  });

  test("send plain requests to TLS where that is asked", async () => {
    for (const prefix of ["beemesh.io", "nginx.ingress.kubernetes.io"]) {
      const annotations = { [`${prefix}/ssl-redirect`]: "true" };
      const stage = new Stage(service, slice, ingressOf({}, annotations));
      assert.equal(await stage.go(), "https://shop.example:8080/a?b=c");
      assert.match(await stage.go({ isSecure: true }), /^u\d@m1:8080$/u);
    }
  });

  test("say what an Ingress lacks, and tell it once a minute", async () => {
    const stage = new Stage(ingressOf({}));
    const expected = {
      code: "ingress-broken",
      message: "Cannot follow Ingress shop/way: there is no Service web in namespace shop",
    };
    for (const nowMs of [0, 59_999, 60_000]) {
      stage.nowMs = nowMs;
      await assert.rejects(stage.go(), expected);
    }
    assert.equal(stage.log.length, 2);
    assert.match(stage.log[0] ?? "", /An Ingress leads nowhere ingress=shop\/way/u);
  });

  test("say that no pod is ready", async () => {
    const stage = new Stage(service, ingressOf({}));
    const way = await stage.ways.find({
      host: "shop.example",
      path: "/",
      target: "/",
      headers: {},
      isSecure: false,
      isLocal: false,
    });
    assert(way !== undefined && "connect" in way);
    await assert.rejects(way.connect(), { code: "service-empty" });
  });

  test("show the certificate of a host, and refuse to go on without it", async () => {
    const { certificate, key } = selfSignedServer(["shop.example"]);
    const base64 = (text: string): string => Buffer.from(text).toString("base64");
    const secret: KubeObject = {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { namespace: "shop", name: "tls", uid: "s1", resourceVersion: "1" },
      type: "kubernetes.io/tls",
      data: { "tls.crt": base64(certificate), "tls.key": base64(key) },
    };
    const ingress = ingressOf({ tls: [{ hosts: ["shop.example"], secretName: "tls" }] });
    const whole = new Stage(service, slice, ingress, secret);
    assert(await whole.ways.contextOf("shop.example"));
    assert.equal(await whole.ways.contextOf("other.example"), undefined);
    const broken = new Stage(service, slice, ingress);
    assert.equal(await broken.ways.contextOf("shop.example"), undefined);
    await assert.rejects(broken.go({ isSecure: true }), {
      message: "Cannot follow Ingress shop/way: there is no Secret tls in namespace shop",
    });
    assert.match(await broken.go(), /^u\d@m1:8080$/u, "the plain way is not concerned");
  });

  test("name the services that a request could be for", () => {
    assert.deepEqual(new Stage(service, slice).ways.services(), ["web.shop"]);
    const other = { ...service, metadata: { namespace: "shop", name: "api" } };
    assert.deepEqual(new Stage(service, other).ways.services(), ["web.shop", "api.shop"]);
  });
});
