/**
 * Admission on a real machine, asked for with the newest kubectl: webhooks at an address and behind
 * a Service of the mesh, policies, quotas, LimitRanges, priorities.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, test } from "node:test";
import { helloImage } from "@beemesh/runtime";
import type { JsonObject } from "@beemesh/wire";
import { portOf } from "../../../test/port-of.ts";
import { lacksOpenssl, makeCertificate, startStub } from "../../../test/stub-webhook.ts";
import { admissionCollections } from "./admission.ts";
import {
  answer,
  configuration,
  encoded,
  type Judge,
  skip,
  startJudge,
  withMachine,
} from "./judge.test.ts";
import type { Client } from "./kubectl-client.test.ts";
import { at, mapNamed, mapsPath, until, withStage } from "./stage.test.ts";

describe("kubectl", { skip }, () => {
  test("is answered by a mutating and a validating webhook", async (t) => {
    const mutating = await startJudge(() =>
      encoded([{ op: "add", path: "/data/by", value: "hook" }]),
    );
    const validating = await startJudge((request) => {
      const isBad = at(request["object"], "data", "bad") !== undefined;
      const status = { code: 403, message: "bad data", reason: "Forbidden" };
      return isBad ? { allowed: false, status } : { warnings: ["looked at it"] };
    });
    t.after(() => Promise.all([mutating.close(), validating.close()]));
    await withMachine(async (client) => {
      await client.done("create -f -", configuration("Mutating", mutating));
      await client.done("create -f -", configuration("Validating", validating));
      const made = await client.run("create configmap good --from-literal=a=b");
      assert.equal(made.code, 0, made.output);
      assert.match(made.output, /Warning: looked at it/u);
      const { data } = await client.object("configmap/good");
      assert.deepEqual(data, { a: "b", by: "hook" });
      const bad = await client.run("create configmap bad --from-literal=bad=b");
      assert.notEqual(bad.code, 0);
      assert.match(
        bad.output,
        /: admission webhook "validating\.example\.com" denied the request: bad data/u,
      );
      assert.match((await client.run("get configmap bad")).output, /NotFound/u);
      const tried = await client.done(
        "create configmap tried --from-literal=a=b --dry-run=server -o yaml",
      );
      assert.match(tried, /by: hook/u);
    });
  });

  test("is told of a webhook that does not answer, in time", async (t) => {
    const silent = await startStub(() => undefined);
    t.after(() => silent.close());
    await withMachine(async (client, machine) => {
      const more = { timeoutSeconds: 1 };
      await client.done("create -f -", configuration("Validating", silent, more));
      const { code, output } = await client.run("create configmap a");
      assert.notEqual(code, 0);
      assert.match(
        output,
        /: failed to call webhook: Post "https:.*\/judge\?timeout=1s": context deadline exceeded/u,
      );
      const many = Array.from({ length: 80 }, (_, index) =>
        machine.call("POST", mapsPath, mapNamed(`m${index}`)),
      );
      const statuses = (await Promise.all(many)).map(({ status }) => status);
      assert.deepEqual([...new Set(statuses)], [500], "more than go at once all end");
      const ignore = { ...more, failurePolicy: "Ignore" };
      await client.done("replace -f -", configuration("Validating", silent, ignore));
      await client.done("create configmap a");
      await client.done("delete validatingwebhookconfiguration validating");
    });
  });

  test("is judged by a webhook behind a Service of the mesh", async () => {
    const certificate = makeCertificate(["judge.default.svc"]);
    await withMachine(async (client, machine) => {
      await machine.plantImage();
      const script = join(machine.home.data, "judge.mjs");
      const port = await freePort();
      writeFileSync(script, judgeScript(certificate, port));
      await client.done("create -f -", judgePod(script, port));
      try {
        await client.done("create -f -", judgeService(port));
        await until("the webhook is ready", async () => {
          const slices = await client.done("get endpointslices -o json");
          return slices.includes('"ready": true');
        });
        await judgedByService(client, certificate.certificate);
      } finally {
        // A pod outlives its daemon: it has to go while somebody can end it.
        await client.run("delete pod judge --wait=false");
        await until("the pod is gone", async () => {
          return (await client.run("get pod judge")).output.includes("NotFound");
        });
      }
    });
  });

  test("is judged by a policy with parameters", () =>
    withMachine(async (client) => {
      const rules = [
        { apiGroups: ["apps"], apiVersions: ["v1"], resources: ["deployments"], operations: ["*"] },
      ];
      const policy = {
        apiVersion: "admissionregistration.k8s.io/v1",
        kind: "ValidatingAdmissionPolicy",
        metadata: { name: "few" },
        spec: {
          paramKind: { apiVersion: "v1", kind: "ConfigMap" },
          matchConstraints: { resourceRules: rules },
          variables: [{ name: "most", expression: "int(params.data.most)" }],
          validations: [
            {
              expression: "object.spec.replicas <= variables.most",
              messageExpression: "'no more than ' + string(variables.most) + ' replicas'",
            },
          ],
        },
      };
      const binding = {
        apiVersion: "admissionregistration.k8s.io/v1",
        kind: "ValidatingAdmissionPolicyBinding",
        metadata: { name: "few" },
        spec: {
          policyName: "few",
          validationActions: ["Deny"],
          paramRef: { name: "limit", namespace: "default", parameterNotFoundAction: "Deny" },
        },
      };
      await client.done("create -f -", policy);
      await client.done("create configmap limit --from-literal=most=2");
      await client.done("create -f -", binding);
      const many = await client.run("create deployment web --image=localhost/none:1 --replicas=3");
      assert.match(many.output, /denied request: no more than 2 replicas/u);
      await client.done("create deployment web --image=localhost/none:1 --replicas=2");
      const scaled = await client.run("scale deployment web --replicas=5");
      assert.equal(scaled.code, 0, "a scale is another resource, which the policy does not name");
      await until("the policy is seen", async () => {
        const seen = await client.object("validatingadmissionpolicy/few");
        return at(seen, "status", "observedGeneration") === 1;
      });
    }));

  test("meets quotas, LimitRanges and priorities, and so do controllers", () =>
    withMachine(async (client) => {
      await client.done("create quota q --hard=pods=2,configmaps=5,requests.cpu=1");
      const none = await client.run("run bare --image=localhost/none:1");
      assert.match(
        none.output,
        /forbidden: failed quota: q: must specify requests\.cpu for: bare/u,
      );
      const limits = [
        { type: "Container", default: { cpu: "500m" }, defaultRequest: { cpu: "250m" } },
      ];
      const metadata = { name: "l" };
      await client.done("create -f -", {
        apiVersion: "v1",
        kind: "LimitRange",
        metadata,
        spec: { limits },
      });
      await client.done("create priorityclass high --value=7");
      const overrides = JSON.stringify({ spec: { priorityClassName: "high" } });
      await client.done(`run bare --image=localhost/none:1 --overrides=${overrides}`);
      const pod = await client.object("pod/bare");
      assert.equal(at(pod, "spec", "priority"), 7);
      const [container] = Object(at(pod, "spec", "containers"));
      assert.deepEqual(at(container, "resources", "requests"), { cpu: "250m" });
      await client.done("create deployment web --image=localhost/none:1 --replicas=3");
      await until("the quota is full", async () => {
        const quota = await client.object("quota/q");
        return at(quota, "status", "used", "pods") === "2";
      });
      await until("the deployment tells why", async () => {
        const text = await client.done("get deployment web -o json");
        return text.includes("ReplicaFailure") && text.includes("exceeded quota: q");
      });
      const described = await client.done("describe quota q");
      assert.match(described, /pods +2 +2\n/u);
      assert.match(described, /requests\.cpu +500m +1\n/u);
      const events = await client.done("get events");
      assert.match(events, /FailedCreate.*exceeded quota: q/u);
      const third = await client.run("run more --image=localhost/none:1");
      assert.match(third.output, /pods "more" is forbidden: exceeded quota: q, requested: pods=1/u);
      await client.done("delete pod bare --now");
      await until("the room is taken", async () => {
        const text = await client.done("get pods -o name");
        return text.trim().split("\n").length === 2 && !text.includes("bare");
      });
    }));
});

test("a webhook that thinks longer than machines wait for each other is asked once", {
  skip: lacksOpenssl,
}, async (t) => {
  const asked: string[] = [];
  const slow = await startStub((incoming, response) => {
    const judge: Judge = (request) => {
      asked.push(JSON.stringify(request["name"]));
      return {};
    };
    setTimeout(() => {
      answer(judge, incoming, response).catch(() => response.destroy());
    }, longerThanSilenceMs);
  });
  t.after(() => slow.close());
  await withStage(async (make) => {
    const [first, second] = [make("m1"), make("m2")];
    first.found();
    await first.start();
    second.join(first);
    await second.start();
    const hooks = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations";
    const made = await first.call("POST", hooks, configuration("Validating", slow));
    assert.equal(made.status, 201, made.text);
    await until("the other machine knows the webhook", async () => {
      return (await second.call("GET", `${hooks}/validating`)).status === 200;
    });
    const answers = await Promise.all([
      first.call("POST", mapsPath, mapNamed("one")),
      second.call("POST", mapsPath, mapNamed("two")),
    ]);
    assert.deepEqual(
      answers.map(({ status }) => status),
      [201, 201],
    );
    assert.deepEqual(asked.toSorted(), ['"one"', '"two"']);
  });
});

/** A machine that hears nothing of a decision for three seconds takes it for lost. */
const longerThanSilenceMs = 4000;

async function judgedByService(client: Client, certificate: string): Promise<void> {
  const caBundle = Buffer.from(certificate).toString("base64");
  const asked = (service: string, port = 443): JsonObject => {
    const clientConfig = { service: { namespace: "default", name: service, port }, caBundle };
    return configuration("Validating", { port: 0, caBundle: "" }, { clientConfig });
  };
  const outcome = async (): Promise<string> => (await client.run("create configmap a")).output;
  await client.done("create -f -", asked("judge"));
  assert.match(await outcome(), /"validating\.example\.com" denied the request: by a pod/u);
  await client.done("replace -f -", asked("nobody"));
  assert.match(await outcome(), /: failed to call webhook: service "nobody" not found/u);
  await client.done("replace -f -", asked("judge", 444));
  assert.match(await outcome(), /: no service port 444 found for service "judge"/u);
  await client.done("delete validatingwebhookconfiguration validating");
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const port = portOf(server);
  server.close();
  await once(server, "close");
  return port;
}

function judgeScript(
  { key, certificate }: { readonly key: string; readonly certificate: string },
  port: number,
): string {
  return `
import { createServer } from "node:https";
const options = { key: ${JSON.stringify(key)}, cert: ${JSON.stringify(certificate)} };
createServer(options, async (request, response) => {
  let text = "";
  for await (const chunk of request) text += chunk;
  const { uid } = JSON.parse(text).request;
  const status = { code: 403, message: "by a pod" };
  const kind = { apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview" };
  response.end(JSON.stringify({ ...kind, response: { uid, allowed: false, status } }));
}).listen(${port});
`;
}

function judgePod(script: string, port: number): JsonObject {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "judge", labels: { app: "judge" } },
    spec: {
      terminationGracePeriodSeconds: 0,
      containers: [
        {
          name: "judge",
          image: helloImage,
          imagePullPolicy: "Never",
          command: [process.execPath, script],
          ports: [{ containerPort: port }],
          readinessProbe: { tcpSocket: { port }, periodSeconds: 1 },
        },
      ],
    },
  };
}

function judgeService(targetPort: number): JsonObject {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "judge" },
    spec: { selector: { app: "judge" }, ports: [{ port: 443, targetPort }] },
  };
}

test("a write brings the rules of its namespace, a read and a stranger bring nothing", () => {
  const ask = (method: string, path: string, groups: readonly string[] = []): readonly string[] =>
    admissionCollections({
      method,
      path: path.split("/"),
      query: new Map(),
      accept: "",
      contentType: "",
      body: undefined,
      user: { name: "ann", groups },
    });
  const maps = "/api/v1/namespaces/shop/configmaps";
  assert.deepEqual(ask("POST", maps), ["limitranges/shop", "resourcequotas/shop"]);
  assert.deepEqual(ask("GET", maps), []);
  assert.deepEqual(ask("POST", "/api/v1/nodes"), []);
  assert.deepEqual(ask("POST", maps, ["system:unauthenticated"]), []);
  assert(ask("POST", "/api/v1/namespaces/shop/pods").includes("serviceaccounts/shop"));
});
