/** Real kubectl against a daemon: who one is, what one may do, tokens of accounts. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, readdirSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, test } from "node:test";
import { parseJson } from "@beemesh/wire";
import { at, type StageMachine, withStage } from "./stage.test.ts";

/** The versions found beside the `kubectl` of the path. */
function findKubectls(): readonly string[] {
  for (const folder of (process.env["PATH"] ?? "").split(":")) {
    const path = join(folder, "kubectl");
    if (!existsSync(path)) continue;
    const home = dirname(realpathSync(path));
    const versions = readdirSync(home).filter((name) => /^kubectl\.1\.\d+$/u.test(name));
    return versions.length > 0 ? versions.map((name) => join(home, name)) : [path];
  }
  return [];
}

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

const kubectls = findKubectls();
const skip = kubectls.length === 0 ? "there is no kubectl" : false;

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
