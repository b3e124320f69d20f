/** An Ingress with TLS before a real daemon and a pod. */
import assert from "node:assert/strict";
import { request as requestPlain } from "node:http";
import { request as requestTls } from "node:https";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { selfSignedServer } from "@beemesh/identity";
import type { JsonObject } from "@beemesh/wire";
import { at, podNamed, podsPath, type StageMachine, until, withStage } from "../stage.test.ts";

const host = "shop.example";

const namespaced = { namespace: "default", name: "web" };

const service: JsonObject = {
  metadata: { ...namespaced },
  spec: { selector: { app: "web" }, ports: [{ name: "http", port: 80, targetPort: 8080 }] },
};

const ingress: JsonObject = {
  metadata: { ...namespaced },
  spec: {
    tls: [{ hosts: [host], secretName: "web" }],
    rules: [
      {
        host,
        http: {
          paths: [
            {
              path: "/",
              pathType: "Prefix",
              backend: { service: { name: "web", port: { name: "http" } } },
            },
          ],
        },
      },
    ],
  },
};

/** Asks for `/` of the host, in the clear or trusting one certificate. */
function ask(machine: StageMachine, certificate?: string): Promise<string> {
  const options = { host: "127.0.0.1", port: machine.daemon.httpPort, headers: { host } };
  return new Promise((resolve, reject) => {
    const call =
      certificate === undefined
        ? requestPlain(options)
        : requestTls({ ...options, ca: certificate, servername: host });
    call.on("error", reject);
    call.on("response", (response) => {
      text(response).then((body) => resolve(`${response.statusCode} ${body}`), reject);
    });
    call.end();
  });
}

const policies = "/apis/networking.k8s.io/v1/namespaces/default/networkpolicies";

function policyOf(ingressRules: readonly JsonObject[]): JsonObject {
  const spec = { podSelector: {}, policyTypes: ["Ingress"], ingress: [...ingressRules] };
  return { metadata: { namespace: "default", name: "web" }, spec };
}

/** The ingress is refused, told of and let in as a pod of a namespace of its own would be. */
async function keepsPolicies(machine: StageMachine): Promise<void> {
  await machine.call("POST", policies, policyOf([]));
  const answer = await ask(machine);
  assert.match(answer, /^403 A NetworkPolicy does not let the ingress in/u);
  assert.match(answer, /no policy of default allows TCP 8080 from beemesh-ingress\/ingress/u);
  await until("an Event names both", async () => {
    const { body } = await machine.call("GET", "/api/v1/namespaces/default/events");
    const told = /ns\/beemesh-ingress\/sa\/ingress to spiffe:[^ ]+\/ns\/default\/sa\/default/u;
    return told.test(JSON.stringify(body));
  });
  const labels = { "kubernetes.io/metadata.name": "beemesh-ingress" };
  const from = [{ namespaceSelector: { matchLabels: labels } }];
  await machine.call("DELETE", `${policies}/web`);
  await machine.call("POST", policies, policyOf([{ from }]));
  assert.match(await ask(machine), /^200 /u);
}

test("leads from a host to a pod, in the clear and by TLS with a Secret", async () => {
  await withStage(async (make) => {
    const machine = make("m1", { settings: { httpHost: "0.0.0.0" } });
    machine.found();
    await machine.plantImage();
    await machine.start();
    const network = "/apis/networking.k8s.io/v1/namespaces/default/ingresses";
    assert.equal((await machine.call("POST", network, ingress)).status, 201);
    assert.match(await ask(machine), /^503 .*there is no Service web in namespace default/u);
    const pod = podNamed("web");
    const labels = { app: "web" };
    await machine.call("POST", podsPath, { ...pod, metadata: { ...namespaced, labels } });
    await machine.call("POST", "/api/v1/namespaces/default/services", service);
    await until("the pod answers", async () => (await ask(machine)).startsWith("200 "));

    const { certificate, key } = selfSignedServer([host]);
    await assert.rejects(ask(machine, certificate), { code: "DEPTH_ZERO_SELF_SIGNED_CERT" });
    await machine.call("POST", "/api/v1/namespaces/default/secrets", {
      metadata: { ...namespaced },
      type: "kubernetes.io/tls",
      stringData: { "tls.crt": certificate, "tls.key": key },
    });
    assert.match(await ask(machine, certificate), /^200 [\s\S]*Hello from web/u);

    await until("the Ingress tells where it is", async () => {
      const { body } = await machine.call("GET", `${network}/web`);
      return JSON.stringify(at(body, "status") ?? {}).includes('"ip"');
    });
    await keepsPolicies(machine);
    await machine.call("DELETE", `${podsPath}/web`);
    await until("the pod is gone", async () => (await machine.phase("web")) === "");
  });
});
