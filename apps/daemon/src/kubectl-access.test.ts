/** Real kubectl against a daemon: who one is, what one may do, tokens of accounts. */
import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, test } from "node:test";
import { parseJson } from "@beemesh/wire";
import { kubectls } from "../../../test/kubectls.ts";
import { at, type StageMachine, until, withStage } from "./stage.test.ts";

interface Outcome {
  readonly code: number;
  readonly text: string;
}

type Kubectl = (line: string, input?: string) => Promise<Outcome>;

function kubectlOf(path: string, config: string): Kubectl {
  return (line, input = "") =>
    new Promise((resolve) => {
      const common = ["--kubeconfig", config, "--cache-dir", `${config}.cache`];
      const child = execFile(
        path,
        [...common, ...line.split(" ")],
        { timeout: 30_000 },
        (error, stdout, stderr) => {
          resolve({ code: error === null ? 0 : Number(error.code ?? 255), text: stdout + stderr });
        },
      );
      child.stdin?.end(input);
    });
}

async function running(make: (name: string) => StageMachine): Promise<string> {
  const machine = make("m1");
  machine.found();
  await machine.start();
  const config = join(machine.home.data, "kubeconfig");
  writeFileSync(config, machine.kubeconfig, { mode: 0o600 });
  return config;
}

/** A kubeconfig in which nobody has credentials. */
function withoutUser(config: string, text: string): string {
  const bare = `${config}.bare`;
  writeFileSync(bare, text.replaceAll(/ +client-(certificate|key)-data: .*\n/gu, ""));
  return bare;
}

const skip = kubectls.length === 0 ? "there is no kubectl" : false;

const withoutOpenssl = spawnSync("openssl", ["version"]).error ? "there is no openssl" : false;

/** A certificate request of a fresh key, which goes to the file. */
function certificateRequest(subject: string, key: string): string {
  const algorithm = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"];
  const line = ["req", "-new", ...algorithm, "-nodes", "-keyout", key, "-subj", subject];
  const { status, stdout, stderr } = spawnSync("openssl", line, { encoding: "utf8" });
  assert.equal(status, 0, stderr);
  return stdout;
}

function csr(name: string, request: string): string {
  return JSON.stringify({
    apiVersion: "certificates.k8s.io/v1",
    kind: "CertificateSigningRequest",
    metadata: { name },
    spec: {
      request: Buffer.from(request).toString("base64"),
      signerName: "kubernetes.io/kube-apiserver-client",
      usages: ["client auth"],
      expirationSeconds: 3600,
    },
  });
}

const roles = JSON.stringify({
  apiVersion: "v1",
  kind: "List",
  items: [
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "Role",
      metadata: { name: "reader", namespace: "default" },
      rules: [{ apiGroups: [""], resources: ["pods"], verbs: ["get", "list", "watch"] }],
    },
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "RoleBinding",
      metadata: { name: "bob-reads", namespace: "default" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "reader" },
      subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: "bob" }],
    },
  ],
});

describe("kubectl", { skip }, () => {
  for (const path of kubectls) {
    const version = path.replace(/^.*\//u, "");

    test(`${version}: can-i, whoami, --as and reconcile`, async () => {
      await withStage(async (make) => {
        const kubectl = kubectlOf(path, await running(make));
        const reconciled = await kubectl("auth reconcile -f -", roles);
        assert.equal(reconciled.code, 0, reconciled.text);
        assert.match(reconciled.text, /reader reconciled/u);
        assert.match((await kubectl("auth can-i delete nodes")).text, /^yes\n/u);
        assert.equal((await kubectl("auth can-i list pods --as bob")).text, "yes\n");
        const no = await kubectl("auth can-i delete pods --as bob");
        assert.match(no.text, /^no/u);
        assert.equal(no.code, 1);
        const list = (await kubectl("auth can-i --list --as bob")).text;
        assert.match(list, /pods +\[\] +\[\] +\[get list watch\]/u);
        assert.match(list, /\[\/healthz\] +\[\] +\[get\]/u);
        const secrets = await kubectl("get secrets --as bob");
        assert.match(
          secrets.text,
          /secrets is forbidden: User "bob" cannot list resource "secrets" in API group ""/u,
        );
        assert.equal((await kubectl("get pods --as bob")).code, 0);
        const whoami = await kubectl("auth whoami -o json --as eve --as-group devs --as-uid 7");
        const user = parseJson(whoami.text);
        assert.deepEqual(at(user, "status", "userInfo", "groups"), [
          "devs",
          "system:authenticated",
        ]);
        assert.equal(at(user, "status", "userInfo", "uid"), "7");
        const shown = await kubectl("get clusterrole cluster-admin -o jsonpath={.rules[0].verbs}");
        assert.equal(shown.text, '["*"]');
      });
    });

    test(`${version}: certificate approve and deny`, { skip: withoutOpenssl }, async () => {
      await withStage(async (make) => {
        const config = await running(make);
        const kubectl = kubectlOf(path, config);
        const key = join(dirname(config), "key");
        const apply = async (name: string, subject: string): Promise<void> => {
          const request = certificateRequest(subject, `${key}.${name}`);
          const made = await kubectl("create -f -", csr(name, request));
          assert.equal(made.code, 0, made.text);
        };
        const certificateOf = async (name: string): Promise<string> =>
          (await kubectl(`get csr ${name} -o jsonpath={.status.certificate}`)).text;
        await apply("bob", "/O=devs/CN=bob");
        assert.equal(await certificateOf("bob"), "");
        assert.match((await kubectl("get csr bob")).text, /Pending/u);
        const approved = await kubectl("certificate approve bob");
        assert.equal(approved.code, 0, approved.text);
        await until("bob has a certificate", async () => (await certificateOf("bob")) !== "");
        assert.match((await kubectl("get csr bob")).text, /Approved,Issued/u);
        const crt = join(dirname(config), "bob.crt");
        writeFileSync(crt, Buffer.from(await certificateOf("bob"), "base64"));
        const bare = kubectlOf(path, withoutUser(config, readFileSync(config, "utf8")));
        const whoami = await bare(
          `auth whoami -o json --client-certificate ${crt} --client-key ${key}.bob`,
        );
        const user = at(parseJson(whoami.text), "status", "userInfo");
        assert.equal(at(user, "username"), "bob");
        assert.deepEqual(at(user, "groups"), ["devs", "system:authenticated"]);
        await apply("eve", "/CN=eve");
        assert.equal((await kubectl("certificate deny eve")).code, 0);
        assert.match((await kubectl("get csr eve")).text, /Denied/u);
        await apply("root", "/O=system:masters/CN=root");
        assert.equal((await kubectl("certificate approve root")).code, 0);
        await until("root is refused", async () =>
          /Failed/u.test((await kubectl("get csr root")).text),
        );
        assert.equal(await certificateOf("eve"), "");
        assert.equal(await certificateOf("root"), "");
      });
    });

    test(`${version}: tokens of accounts`, async () => {
      await withStage(async (make) => {
        const config = await running(make);
        const kubectl = kubectlOf(path, config);
        const made = await kubectl("create token default --duration 20m");
        assert.equal(made.code, 0, made.text);
        const token = made.text.trim();
        const text = readFileSync(config, "utf8");
        const account = kubectlOf(path, withoutUser(config, text));
        const nobody = await account("get pods");
        assert.notEqual(nobody.code, 0);
        const before = await account(`get pods --token ${token}`);
        assert.match(before.text, /User "system:serviceaccount:default:default" cannot list/u);
        const line = "create rolebinding sa --clusterrole view --serviceaccount default:default";
        assert.equal((await kubectl(line)).code, 0);
        assert.equal((await account(`get pods --token ${token}`)).code, 0);
        const whoami = await account(`auth whoami -o json --token ${token}`);
        const groups = at(parseJson(whoami.text), "status", "userInfo", "groups");
        assert.deepEqual(groups, [
          "system:serviceaccounts",
          "system:serviceaccounts:default",
          "system:authenticated",
        ]);
        assert.equal((await kubectl("delete serviceaccount default")).code, 0);
        const after = await account(`get pods --token ${token}`);
        assert.notEqual(after.code, 0);
        assert.match(after.text, /Unauthorized|must be logged in|credentials/iu);
      });
    });
  }
});
