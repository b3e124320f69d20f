/**
 * What pods are called and who may call them, as Kubernetes has it, with real pods on two machines:
 * https://github.com/kubernetes/dns/blob/master/docs/specification.md and NetworkPolicy.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { runOrThrow } from "../../adapters/lab/src/index.ts";
import { seePods, until } from "../../apps/dev/src/index.ts";
import type { JsonObject } from "../../core/wire/src/index.ts";
import { cannotStage, deploymentOf, listOf, patienceMs, Stage, serverCommand } from "./stage.ts";

const policies = (namespace = "default"): string =>
  `/apis/networking.k8s.io/v1/namespaces/${namespace}/networkpolicies`;

function policyOf(name: string, spec: JsonObject): JsonObject {
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: { name },
    spec,
  };
}

/** Asks for records through Node's own resolver, and prints a list of what is joined for each name. */
const resolver = `const [, type, ...names] = process.argv;
const { promises } = require("dns");
const sorted = (all) => all.map((each) => each.name ? each.name + ":" + each.port : each).sort();
const ask = (name) => promises.resolve(name, type).then(
  (all) => sorted(all).join(), (error) => error.code);
Promise.all(names.map(ask)).then((all) => console.log(JSON.stringify(all)));`;

/** Sends one line to a port and prints what comes back, or how it failed. */
const asker = `const [, host, port] = process.argv;
const socket = require("net").connect({ host, port: Number(port) });
const end = (word) => { console.log(word); process.exit(0); };
setTimeout(() => end("silence"), 5000);
socket.on("connect", () => socket.write("hello"));
socket.on("data", (data) => end(String(data)));
socket.on("end", () => end("closed"));
socket.on("error", (error) => end(error.code));`;

const refused = /^(?:ECONNREFUSED|ECONNRESET|closed)$/u;

describe("names and policies of pods", { skip: cannotStage() }, () => {
  let stage: Stage;

  before(async () => {
    stage = await Stage.open();
    await stage.namespace("shop", { team: "shop" });
    const inShop = { namespace: "shop" };
    await stage.pods(
      { name: "client", on: "m1" },
      { name: "friend", on: "m1", labels: { role: "friend" } },
      { name: "buyer", on: "m1", ...inShop },
      { name: "web", on: "m2", command: serverCommand, ...inShop },
      { name: "guarded", on: "m2", command: serverCommand },
      ...(["first", "second"] as const).map((name, index) => ({
        name,
        on: index === 0 ? ("m1" as const) : ("m2" as const),
        labels: { app: "db" },
        command: serverCommand,
        spec: { hostname: name, subdomain: "db" },
      })),
    );
    const ports = [{ name: "http", port: 80, targetPort: 8080 }];
    await stage.service({ name: "web", ...inShop }, { selector: { app: "web" }, ports });
    await stage.service(
      { name: "db" },
      { clusterIP: "None", selector: { app: "db" }, ports: [{ name: "echo", port: 7 }] },
    );
    await stage.service(
      { name: "alias" },
      { type: "ExternalName", externalName: "web.shop.svc.cluster.local" },
    );
    await stage.make(
      "/apis/apps/v1/namespaces/default/deployments",
      deploymentOf("scaled", 1, serverCommand),
    );
    await stage.service({ name: "scaled" }, { selector: { app: "scaled" }, ports });
  });

  after(() => stage?.close());

  /** What the client's resolver says of names. */
  async function resolved(type: string, ...names: readonly string[]): Promise<string[]> {
    const { stdout, stderr } = await stage.script("client", resolver, type, ...names);
    assert.notEqual(stdout, "", stderr);
    return listOf(stdout);
  }

  /** What comes back from a port, once it matches. */
  async function untilAnswers(
    pod: string,
    target: readonly [host: string, port: number],
    pattern: RegExp,
  ): Promise<void> {
    const [host, port] = target;
    let last = "";
    await until(`${pod} is answered ${pattern} by ${host}`, patienceMs, async () => {
      last = (await stage.script(pod, asker, host, String(port))).stdout.trim();
      return pattern.test(last) ? true : undefined;
    }).catch((cause: unknown) => {
      throw new Error(`the last answer was ${last}`, { cause });
    });
  }

  test("a Service is found by its short name, its namespace's, and its whole one", async () => {
    for (const host of ["web.shop", "web.shop.svc", "web.shop.svc.cluster.local"]) {
      const answer = await stage.untilSays(
        "client",
        ["wget", "-q", "-O-", `http://${host}/`],
        /GET/u,
      );
      assert.match(answer, /^web GET/u, host);
    }
    // The search domain is of the pod's own namespace.
    await stage.untilSays("shop/buyer", ["wget", "-q", "-O-", "http://web/"], /^web GET/u);
    const { code } = await stage.exec("client", ["wget", "-q", "-O-", "http://web/"]);
    assert.notEqual(code, 0);
  });

  test("a headless Service is all its pods, and each by its own name", async () => {
    const first = await stage.addressOf({ name: "first" });
    const second = await stage.addressOf({ name: "second" });
    const own = ["first", "second"].map((name) => `${name}.db.default.svc.cluster.local`);
    const { found } = await until("both pods have names", patienceMs, async () => {
      const all = await resolved("A", "db.default.svc.cluster.local", ...own);
      return all[0]?.includes(",") === true ? all : undefined;
    });
    assert.deepEqual(found, [
      [first, second].toSorted((a, b) => (a < b ? -1 : 1)).join(),
      first,
      second,
    ]);
    for (const name of ["first", "second"]) {
      const said = (await stage.script("client", asker, `${name}.db`, "7")).stdout;
      assert.equal(said.trim(), `${name} hello`);
    }
  });

  test("SRV tells the port and the names of a headless Service's pods", async () => {
    const pods = ["first", "second"].map((name) => `${name}.db.default.svc.cluster.local:7`);
    assert.deepEqual(await resolved("SRV", "_echo._tcp.db.default.svc.cluster.local"), [
      pods.join(),
    ]);
  });

  test("an ExternalName is a CNAME that can be called", async () => {
    assert.deepEqual(await resolved("CNAME", "alias.default.svc.cluster.local"), [
      "web.shop.svc.cluster.local",
    ]);
    await stage.untilSays("client", ["wget", "-q", "-O-", "http://alias/"], /^web GET/u);
  });

  test("names that nobody declared are refused, and those that are not there are not", async () => {
    const names = ["example.com", "nothing.default.svc.cluster.local"];
    assert.deepEqual(await resolved("A", ...names), ["EREFUSED", "ENOTFOUND"]);
  });

  test("a name follows its Deployment to two pods and to none", async () => {
    const scale = async (replicas: number): Promise<void> => {
      const { status, text } = await stage.near
        .client()
        .call(
          "PATCH",
          "/apis/apps/v1/namespaces/default/deployments/scaled",
          { spec: { replicas } },
          "application/merge-patch+json",
        );
      assert.equal(status, 200, text);
      await until(`${replicas} pods are ready`, patienceMs, async () => {
        const pods = await seePods(stage.near.client(), "app=scaled");
        return pods.length === replicas && pods.every(({ isReady }) => isReady) ? true : undefined;
      });
    };
    const whoAnswers = async (): Promise<readonly string[]> => {
      const source = `const http = require("http");
        const ask = () => new Promise((resolve) => http.get("http://scaled/", { agent: false },
          (response) => response.once("data", (text) =>
            resolve(response.statusCode === 200 ? String(text).split(" ")[0] : "nobody")))
          .on("error", () => resolve("nobody")));
        (async () => { const all = [];
          for (let i = 0; i < 16; i++) all.push(await ask());
          console.log(JSON.stringify([...new Set(all)])); })();`;
      const { stdout } = await stage.script("client", source);
      return listOf(stdout);
    };
    await scale(2);
    await until("both pods answer", patienceMs, async () => {
      const all = await whoAnswers();
      return all.length === 2 && !all.includes("nobody") ? true : undefined;
    });
    await scale(0);
    await until("nobody answers", patienceMs, async () =>
      (await whoAnswers()).join() === "nobody" ? true : undefined,
    );
  });

  describe("policies", () => {
    /** One policy at a time about the guarded pod. */
    async function underPolicy(spec: JsonObject, act: () => Promise<void>): Promise<void> {
      const policy = { podSelector: { matchLabels: { app: "guarded" } }, ...spec };
      await stage.make(policies(), policyOf("guard", policy));
      try {
        await act();
      } finally {
        await stage.remove(`${policies()}/guard`);
      }
    }

    let guarded = "";

    before(async () => {
      guarded = await stage.addressOf({ name: "guarded" });
    });

    test("shut everybody out by default, which is told with both names", async () => {
      await untilAnswers("client", [guarded, 7], /^guarded hello/u);
      await underPolicy({ policyTypes: ["Ingress"] }, async () => {
        await untilAnswers("client", [guarded, 7], refused);
        await untilAnswers("friend", [guarded, 7], refused);
        const line =
          /Refused a connection pod=default\/guarded .*spiffe:\S+\/ns\/default\S* .*spiffe:\S+/u;
        await until("the machine's log tells of it", patienceMs, () =>
          line.test(stage.logOf(stage.far)) ? true : undefined,
        );
        const metric =
          /^beemesh_workload_refused_total\{direction="in",cause="policy"[^}]*\} [1-9]/mu;
        assert.match(await stage.metricsOf(stage.far), metric);
        await until("an Event tells of it", patienceMs, async () => {
          const events = await stage.near.client().items("/api/v1/namespaces/default/events");
          const words = /Refused tcp 7 from spiffe:\S+ to spiffe:\S+/u;
          return events.find(
            ({ reason, message }) =>
              reason === "ConnectionRefused" && typeof message === "string" && words.test(message),
          );
        });
      });
      await untilAnswers("client", [guarded, 7], /^guarded hello/u);
    });

    test("let in by a pod's labels, and by port", async () => {
      const from = [{ podSelector: { matchLabels: { role: "friend" } } }];
      const ports = [{ port: 7, protocol: "TCP" }];
      await underPolicy({ ingress: [{ from, ports }] }, async () => {
        await untilAnswers("client", [guarded, 7], refused);
        await untilAnswers("friend", [guarded, 7], /^guarded hello/u);
        await untilAnswers("friend", [guarded, 8080], refused);
      });
    });

    test("shut a namespace to others that asks for it, and no more", async () => {
      const namespace = "vault";
      const annotations = { "beemesh.io/default-deny": "true" };
      const metadata = { name: namespace, annotations };
      await stage.make("/api/v1/namespaces", { apiVersion: "v1", kind: "Namespace", metadata });
      await stage.pods(
        { name: "safe", on: "m2", command: serverCommand, namespace },
        { name: "clerk", on: "m1", namespace },
      );
      const safe = await stage.addressOf({ name: "safe", namespace });
      await untilAnswers("vault/clerk", [safe, 7], /^safe hello/u);
      await untilAnswers("client", [safe, 7], refused);
      const from = [{ namespaceSelector: {}, podSelector: { matchLabels: { app: "client" } } }];
      await stage.make(
        policies(namespace),
        policyOf("in", { podSelector: {}, ingress: [{ from }] }),
      );
      await untilAnswers("client", [safe, 7], /^safe hello/u);
      await untilAnswers("friend", [safe, 7], refused);
    });

    test("declare names outside, each with an address that stands in for it", async () => {
      const policy = policyOf("way-out", { podSelector: { matchLabels: { app: "client" } } });
      const annotations = { "beemesh.io/egress-names": "api.example.com" };
      const metadata = { name: "way-out", annotations };
      await stage.make(policies(), { ...policy, metadata });
      try {
        const { found } = await until("the name is known", patienceMs, async () => {
          const all = await resolved("A", "api.example.com", "www.example.com");
          return all[0] === "EREFUSED" ? undefined : all;
        });
        assert.match(found[0] ?? "", /^198\.18\.\d+\.\d+$/u);
        assert.equal(found[1], "EREFUSED");
      } finally {
        await stage.remove(`${policies()}/way-out`);
      }
    });

    test("let in by namespace", async () => {
      const from = [{ namespaceSelector: { matchLabels: { team: "shop" } } }];
      await underPolicy({ ingress: [{ from }] }, async () => {
        await untilAnswers("client", [guarded, 7], refused);
        await untilAnswers("shop/buyer", [guarded, 7], /^guarded hello/u);
      });
    });

    test("open addresses outside, which are closed without", async () => {
      // A router's address beyond the machine: an address of its own that no machine has.
      const { host } = stage.near;
      assert(host);
      const outside = "203.0.113.7";
      const listen = `const net = require("net");
        net.createServer((socket) => socket.on("error", () => {}).on("data", (data) =>
          socket.write("outside " + data))).listen(7, "${outside}", () => console.log("ready"));`;
      const listener = await stage.outside(stage.far, outside, listen);
      try {
        await runOrThrow([
          ...host.enter,
          "ip",
          "route",
          "add",
          outside,
          "via",
          stage.far.host?.address ?? "",
        ]);
        await untilAnswers("client", [outside, 7], refused);
        const egress = [{ to: [{ ipBlock: { cidr: `${outside}/32` } }] }];
        await stage.make(
          policies(),
          policyOf("way-out", {
            podSelector: { matchLabels: { app: "client" } },
            policyTypes: ["Egress"],
            egress,
          }),
        );
        await untilAnswers("client", [outside, 7], /^outside hello/u);
        await untilAnswers("friend", [outside, 7], refused);
        await stage.remove(`${policies()}/way-out`);
        await untilAnswers("client", [outside, 7], refused);
      } finally {
        listener.kill("SIGKILL");
      }
    });
  });
});
