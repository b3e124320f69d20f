/** Who finds whom by which name, and what comes of a call; and where pods are put. */
import assert from "node:assert/strict";
import type { JsonObject } from "../../core/wire/src/index.ts";
import { affinity } from "./affinity.ts";
import type { Behaviour, Behaviours } from "./behaviour.ts";
import { at, listAt, nameOf, textAt } from "./client.ts";
import { labelled, objectOf, pod } from "./manifest.ts";
import { nodePorts } from "./node-ports.ts";
import {
  container,
  ending,
  logOf,
  podMsMax,
  printed,
  started,
  staying,
  untilPhase,
  untilPod,
  waits,
  withNode,
} from "./pod-run.ts";
import { proxies } from "./proxies.ts";
import { asked, ofService, server, service, untilDone, untilEndpoints } from "./serving.ts";
import type { World } from "./world.ts";

/** A Service whose endpoints somebody writes. */
const bySlices = (ports: readonly JsonObject[]): JsonObject => ({ selector: null, ports });

/** Writes an EndpointSlice of the Service `web`, as somebody does who keeps slices himself. */
async function writeSlice(
  world: World,
  name: string,
  address: string,
  ports: readonly JsonObject[],
): Promise<void> {
  const labels = {
    "kubernetes.io/service-name": "web",
    "endpointslice.kubernetes.io/managed-by": "tests",
  };
  const slice = objectOf("endpointslices", "EndpointSlice", name, {
    addressType: "IPv4",
    endpoints: [{ addresses: [address] }],
    ports,
  });
  await world.create("endpointslices", labelled(slice, labels));
}

/** A name server in a pod, which knows one name. */
const nameServer = `
const udp = require("dgram").createSocket("udp4");
udp.on("message", (query, { port, address }) => {
  const labels = [];
  let at = 12;
  for (; query[at] > 0; at += query[at] + 1) {
    labels.push(query.toString("latin1", at + 1, at + 1 + query[at]));
  }
  const isKnown = labels.join(".") === "asked.resolv.conf.local";
  const count = isKnown ? 1 : 0;
  const head = [query[0], query[1], 0x81, isKnown ? 0x80 : 0x83, 0, 1, 0, count, 0, 0, 0, 0];
  const answer = isKnown ? [0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 5, 0, 4, 192, 0, 2, 7] : [];
  const parts = [Buffer.from(head), query.subarray(12, at + 5), Buffer.from(answer)];
  udp.send(Buffer.concat(parts), port, address);
});
udp.bind(53, () => console.log("bound"));`;

const names: Behaviours = {
  "net DNS cluster": async (world) => {
    const said = await asked(world, "nslookup kubernetes.default.svc.cluster.local");
    assert.match(said, /Address.*\d+\.\d+\.\d+\.\d+/u);
  },
  "net DNS services": async (world) => {
    await server(world, "web-a");
    const made = await service(world, "web");
    const { clusterIP } = Object(
      (
        await world.untilSeen(
          "services",
          nameOf(made),
          (found) => textAt(found, "spec", "clusterIP") !== "",
        )
      )["spec"],
    );
    const name = `web.${world.namespace}.svc.cluster.local`;
    const seen = await asked(world, `nslookup ${name} && nslookup -type=srv _http._tcp.${name}`);
    assert(seen.includes(clusterIP), seen);
    assert.match(seen, /service = \d+ \d+ 80 /u);
  },
  "net DNS partial qualified names": async (world) => {
    await server(world, "web-a");
    await service(world, "web");
    const line = ["web", `web.${world.namespace}`, `web.${world.namespace}.svc`]
      .map((name) => `wget -q -O - http://${name}/`)
      .join(" && ");
    assert.equal(await asked(world, line), "web-a\nweb-a\nweb-a\n");
  },
  "net DNS pods for Subdomain": async (world) => {
    await service(world, "sub", { clusterIP: "None" });
    await server(world, "web-a", { app: "web" }, { hostname: "host", subdomain: "sub" });
    assert.equal(
      await asked(world, `wget -q -O - http://host.sub.${world.namespace}.svc.cluster.local:8080/`),
      "host\n",
    );
  },
  "net DNS pods for Hostname": async (world) => {
    await service(world, "sub", { clusterIP: "None" });
    const spec = { hostname: "host", subdomain: "sub" };
    const name = `host.sub.${world.namespace}.svc.cluster.local`;
    const main = container(
      untilDone(`getent hosts ${name} || nslookup ${name}`) + "; hostname -f; sleep 1000",
    );
    await world.create(
      "pods",
      pod("asks", { ...staying(main), ...spec }, { labels: { app: "web" } }),
    );
    await world.until(
      "its own name",
      async () => {
        const log = await logOf(world, "asks").catch(() => "");
        return log.includes(name);
      },
      podMsMax,
    );
  },
  "net DNS /etc/hosts entries": async (world) => {
    const wanted = [`host.sub.${world.namespace}.svc.cluster.local`, "host"];
    const script = `for (const name of ${JSON.stringify(wanted)}) require("dns").lookup(name, (error, address) => console.log(error?.code ?? name + " " + address));`;
    // Of a Service that is not there, so that nothing but the file can know the names.
    const spec = {
      ...withNode(script),
      hostname: "host",
      subdomain: "sub",
      restartPolicy: "Never",
    };
    const said = await printed(world, "asks", spec);
    const address = textAt(await world.get("pods", "asks"), "status", "podIP");
    assert.deepEqual(
      said.trim().split("\n").toSorted(),
      wanted.map((name) => `${name} ${address}`).toSorted(),
    );
  },
  "net DNS configurable pod nameservers": async (world) => {
    const dnsConfig = { nameservers: ["1.1.1.1"], searches: ["resolv.conf.local"] };
    const spec = ending(container("cat /etc/resolv.conf"), { dnsPolicy: "None", dnsConfig });
    const file = "search resolv.conf.local\nnameserver 1.1.1.1\n";
    assert.equal(await printed(world, "reads", spec), file);
    const answering = await started(world, "names", withNode(nameServer));
    const own = { ...dnsConfig, nameservers: [textAt(answering, "status", "podIP")] };
    const asks = `const ask = () => require("dns").lookup("asked", { family: 4 }, (error, address) => error ? setTimeout(ask, 300) : console.log(address)); ask();`;
    const client = { ...withNode(asks), restartPolicy: "Never", dnsPolicy: "None", dnsConfig: own };
    assert.equal(await printed(world, "asks", client), "192.0.2.7\n");
  },
  "net DNS ExternalName services": async (world) => {
    const path = world.path("services", "away");
    await world.create(
      "services",
      objectOf("services", "Service", "away", {
        spec: { type: "ExternalName", externalName: "foo.example.com" },
      }),
    );
    const name = `away.${world.namespace}.svc.cluster.local`;
    const cname = (target: string): string =>
      untilDone(`nslookup -type=cname ${name} | grep "${target}"`);
    const main = container(
      `${cname("foo.example.com")}; ${cname("bar.example.com")}; ${untilDone(`nslookup ${name} | grep Address`)}`,
    );
    await world.create("pods", pod("asks", ending(main)));
    await world.until(
      "the first answer",
      async () => /foo/u.test(await logOf(world, "asks").catch(() => "")),
      podMsMax,
    );
    await world.ok(
      `PATCH ${path}`,
      { spec: { externalName: "bar.example.com" } },
      "application/merge-patch+json",
    );
    await world.until(
      "the second answer",
      async () => /bar/u.test(await logOf(world, "asks")),
      podMsMax,
    );
    await world.ok(
      `PATCH ${path}`,
      { spec: { type: "ClusterIP", externalName: null, ports: [{ port: 80 }] } },
      "application/merge-patch+json",
    );
    await untilPhase(world, "asks", "Succeeded");
  },
};

const endpoints: Behaviours = {
  "net EndpointSlice create Endpoints and EndpointSlices for Pods matching a Service": async (
    world,
  ) => {
    await service(world, "web");
    await server(world, "web-a");
    await server(world, "web-b");
    await untilEndpoints(world, "web", ["web-a:8080", "web-b:8080"]);
    await world.untilSeen("endpoints", "web", (found) => {
      const addresses = listAt(found, "subsets", 0, "addresses");
      const pods = addresses.map((each) => textAt(each, "targetRef", "name"));
      return pods.toSorted().join() === "web-a,web-b";
    });
  },
  "net EndpointSlice multiple endpoint IPs in multiple slices": async (world) => {
    await service(world, "web", bySlices([{ name: "http", port: 80 }]));
    for (const name of ["web-a", "web-b"]) {
      const address = textAt(await server(world, name), "status", "podIP");
      await writeSlice(world, name, address, [{ name: "http", port: 8080 }]);
    }
    const both =
      "wget -q -O - http://web/ | grep -q web-a && wget -q -O - http://web/ | grep web-b";
    assert.equal(await asked(world, both), "web-b\n");
  },
  "net EndpointSlice multiple ports in multiple slices": async (world) => {
    const ports = [
      { name: "one", port: 80 },
      { name: "two", port: 81 },
    ];
    await service(world, "web", bySlices(ports));
    for (const [name, port] of [
      ["web-a", "one"],
      ["web-b", "two"],
    ] as const) {
      const address = textAt(await server(world, name), "status", "podIP");
      await writeSlice(world, name, address, [{ name: port, port: 8080 }]);
    }
    const both = "wget -q -O - http://web:80/ && wget -q -O - http://web:81/";
    assert.equal(await asked(world, both), "web-a\nweb-b\n");
  },
  "net EndpointsController create Endpoints for Pods": async (world) => {
    await service(world, "web");
    await server(world, "web-a");
    await untilEndpoints(world, "web", ["web-a:8080"]);
    await world.remove("pods", "web-a");
    await untilEndpoints(world, "web", []);
    await world.untilSeen("endpoints", "web", (old) => listAt(old, "subsets").length === 0);
  },
  "net EndpointsController create and delete": async (world) => {
    await service(world, "web");
    await world.untilSeen("endpoints", "web", () => true).catch(() => undefined);
    await world.untilSeen("endpoints", "web", () => true);
    await world.remove("services", "web");
    await world.untilGone("endpoints", "web");
  },
  "net Services basic endpoint from pods": async (world) => {
    await service(world, "web");
    await untilEndpoints(world, "web", []);
    await server(world, "web-a");
    await untilEndpoints(world, "web", ["web-a:8080"]);
    await server(world, "web-b");
    await untilEndpoints(world, "web", ["web-a:8080", "web-b:8080"]);
    await world.remove("pods", "web-a");
    await untilEndpoints(world, "web", ["web-b:8080"]);
    assert.equal(await asked(world, "wget -q -O - http://web/"), "web-b\n");
  },
  "net Services multiport endpoints": async (world) => {
    const ports = [
      { name: "one", port: 80, targetPort: "first" },
      { name: "two", port: 81, targetPort: "second" },
    ];
    await service(world, "web", { ports });
    const withPort = (name: string, containerPort: number): JsonObject =>
      staying(container(waits, { ports: [{ name, containerPort }] }));
    await started(world, "web-a", withPort("first", 100), { labels: { app: "web" } });
    await untilEndpoints(world, "web", ["web-a:100"]);
    await started(world, "web-b", withPort("second", 101), { labels: { app: "web" } });
    await untilEndpoints(world, "web", ["web-a:100", "web-b:101"]);
    await world.remove("pods", "web-a");
    await untilEndpoints(world, "web", ["web-b:101"]);
  },
  "net Services same port different protocols": async (world) => {
    const ports = [
      { name: "tcp", port: 80, targetPort: 8080, protocol: "TCP" },
      { name: "udp", port: 80, targetPort: 8080, protocol: "UDP" },
    ];
    await service(world, "web", { ports });
    await server(world, "web-a");
    await world.until("both ports", async () => {
      const slices = await world.list("endpointslices", ofService("web"));
      const protocols = slices.flatMap((slice) =>
        listAt(slice, "ports").map((port) => textAt(port, "protocol")),
      );
      return protocols.toSorted().join() === "TCP,UDP";
    });
    const change = { spec: { ports: ports.slice(0, 1) } };
    const kept = await world.patch("services", "web", change);
    assert.deepEqual(
      listAt(kept, "spec", "ports").map((port) => textAt(port, "protocol")),
      ["TCP"],
    );
    assert.equal(await asked(world, "wget -q -O - http://web/"), "web-a\n");
  },
  "net Services ExternalName to ClusterIP": async (world) => {
    await server(world, "web-a");
    await world.create(
      "services",
      objectOf("services", "Service", "web", {
        spec: { type: "ExternalName", externalName: "foo.example.com" },
      }),
    );
    const spec = {
      type: "ClusterIP",
      externalName: null,
      selector: { app: "web" },
      ports: [{ port: 80, targetPort: 8080 }],
    };
    await world.patch("services", "web", { spec });
    assert.equal(await asked(world, "wget -q -O - http://web/"), "web-a\n");
  },
  "net Services ClusterIP to ExternalName": async (world) => {
    await server(world, "web-a");
    await service(world, "web");
    const externalName = `other.${world.namespace}.svc.cluster.local`;
    await service(world, "other");
    const change = {
      type: "ExternalName",
      externalName,
      clusterIP: null,
      clusterIPs: null,
      selector: null,
      ports: null,
    };
    const changed = await world.patch("services", "web", { spec: change });
    assert.equal(textAt(changed, "spec", "clusterIP"), "");
    assert.match(
      await asked(world, `nslookup -type=cname web.${world.namespace}.svc.cluster.local`),
      /other/u,
    );
  },
  "net Service endpoints latency": async (world) => {
    await server(world, "web-a");
    for (const name of Array.from({ length: 30 }, (_, index) => `web-${index}`)) {
      const made = service(world, name);
      await made;
      await untilEndpoints(world, name, ["web-a:8080"]);
    }
  },
};

const calls: Behaviours = {
  "net Networking intra-pod http": async (world) => {
    const [a, b] = await Promise.all([server(world, "web-a"), server(world, "web-b")]);
    const lines = [a, b].map(
      (each) => `wget -q -O - http://${textAt(each, "status", "podIP")}:8080/`,
    );
    assert.equal(await asked(world, lines.join(" && ")), "web-a\nweb-b\n");
  },
  "net Networking intra-pod udp": async (world) => {
    const answers = `const udp = require("dgram").createSocket("udp4"); udp.on("message", (data, { port, address }) => udp.send("web-a " + data, port, address)); udp.bind(8081, () => console.log("bound"));`;
    const found = await started(world, "web-a", withNode(answers));
    const address = textAt(found, "status", "podIP");
    const asks = `const udp = require("dgram").createSocket("udp4"); udp.on("message", (data) => { console.log(String(data)); process.exit(0); }); setInterval(() => udp.send("x", 8081, "${address}"), 300);`;
    const spec = { ...withNode(asks), restartPolicy: "Never" };
    assert.equal(await printed(world, "asks", spec), "web-a x\n");
  },
};

const accounts: Behaviours = {
  "auth SA mount an API token into pods": async (world) => {
    const folder = "/var/run/secrets/kubernetes.io/serviceaccount";
    const script = `cat ${folder}/namespace; echo; head -1 ${folder}/ca.crt; cat ${folder}/token`;
    const [namespace, ca, token = ""] = (
      await printed(world, "reads", ending(container(script)))
    ).split("\n");
    assert.deepEqual([namespace, ca], [world.namespace, "-----BEGIN CERTIFICATE-----"]);
    const review = { apiVersion: "authentication.k8s.io/v1", kind: "TokenReview", spec: { token } };
    const { status } = await world.ok("POST /apis/authentication.k8s.io/v1/tokenreviews", review);
    const user = `system:serviceaccount:${world.namespace}:default`;
    assert.equal(textAt(status, "user", "username"), user, JSON.stringify(status));
  },
  "auth SA mount projected token": async (world) => {
    const sources = [
      { serviceAccountToken: { path: "token", audience: "vault", expirationSeconds: 600 } },
    ];
    const main = container("cat /vol/token; stat -L -c ' %a' /vol/token", {
      volumeMounts: [{ name: "vol", mountPath: "/vol" }],
    });
    const log = await printed(
      world,
      "reads",
      ending(main, { volumes: [{ name: "vol", projected: { sources } }] }),
    );
    const [token = ""] = log.split(" ");
    const claims = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());
    assert.deepEqual([claims.aud].flat(), ["vault"]);
    assert.equal(claims.sub, `system:serviceaccount:${world.namespace}:default`);
  },
  "auth SA opting out of automount": async (world) => {
    await world.create(
      "serviceaccounts",
      objectOf("serviceaccounts", "ServiceAccount", "quiet", {
        automountServiceAccountToken: false,
      }),
    );
    const script =
      "test -e /var/run/secrets/kubernetes.io/serviceaccount/token && echo mounted || echo none";
    const cases = [
      ["a", {}, "mounted"],
      ["b", { serviceAccountName: "quiet" }, "none"],
      ["c", { automountServiceAccountToken: false }, "none"],
      ["d", { serviceAccountName: "quiet", automountServiceAccountToken: true }, "mounted"],
    ] as const;
    const seen = cases.map(([name, rest]) => printed(world, name, ending(container(script), rest)));
    assert.deepEqual(
      await Promise.all(seen),
      cases.map(([, , says]) => `${says}\n`),
    );
  },
};

function unplaced(found: JsonObject): boolean {
  return listAt(found, "status", "conditions").some(
    (each) =>
      each["type"] === "PodScheduled" &&
      each["status"] === "False" &&
      each["reason"] === "Unschedulable",
  );
}

/** Asks for more of the processor than is left on any machine. */
const tooMuch: Behaviour = async (world) => {
  const nodes = await world.list("nodes");
  const cpus = nodes.map((each) =>
    Number(
      textAt(each, "status", "allocatable", "cpu").replace(/^(\d+)m$/u, (_, milli: string) =>
        String(Number(milli) / 1000),
      ),
    ),
  );
  const requests = { cpu: String(Math.max(...cpus) + 1) };
  await world.create("pods", pod("large", staying(container(waits, { resources: { requests } }))));
  await untilPod(world, "large", "without a machine", unplaced);
  const fits = { cpu: "50m" };
  await started(world, "small", staying(container(waits, { resources: { requests: fits } })));
};

const places: Behaviours = {
  "arch at least two untainted nodes": async (world) => {
    const nodes = await world.list("nodes");
    const open = nodes.filter(
      (each) =>
        listAt(each, "spec", "taints").length === 0 && at(each, "spec", "unschedulable") !== true,
    );
    assert(open.length >= 2, `${open.length} nodes`);
  },
  "sched Predicates resource limits of pods": tooMuch,
  "sched Predicates NodeSelector respected if matching": async (world) => {
    const label = world.unique("place");
    const name = world.mesh.machines[1]?.name ?? "";
    world.atEnd(() => world.patch("nodes", name, { metadata: { labels: { [label]: null } } }));
    await world.patch("nodes", name, { metadata: { labels: { [label]: "here" } } });
    const found = await started(
      world,
      "placed",
      staying(container(waits), { nodeSelector: { [label]: "here" } }),
    );
    assert.equal(textAt(found, "spec", "nodeName"), name);
  },
  "sched Predicates NodeSelector respected if not matching": async (world) => {
    await world.create(
      "pods",
      pod("placed", staying(container(waits), { nodeSelector: { label: "nonempty" } })),
    );
    await untilPod(world, "placed", "without a machine", unplaced);
  },
};

export const traffic: Behaviours = {
  ...names,
  ...endpoints,
  ...calls,
  ...affinity,
  ...nodePorts,
  ...proxies,
  ...accounts,
  ...places,
};
