/** Verbs about who may do what: auth, create token, certificate. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type { JsonObject } from "../../core/wire/src/index.ts";
import type { Case } from "./case.ts";
import { at, manifest, read, type Scene, textAt } from "./scene.ts";

const rbac = "rbac.authorization.k8s.io";

/** A Role, and that somebody has it. */
function readerOf(user: string, namespace: string): readonly JsonObject[] {
  // Reconciling makes the namespace too, so it has to be named.
  const metadata = { name: `${user}-reads`, namespace };
  const apiVersion = `${rbac}/v1`;
  return [
    {
      apiVersion,
      kind: "Role",
      metadata,
      rules: [{ apiGroups: [""], resources: ["pods"], verbs: ["get", "list", "watch"] }],
    },
    {
      apiVersion,
      kind: "RoleBinding",
      metadata,
      roleRef: { apiGroup: rbac, kind: "Role", name: metadata.name },
      subjects: [{ apiGroup: rbac, kind: "User", name: user }],
    },
  ];
}

/** A configuration for the same machine in which nobody has credentials. */
function nobody(scene: Scene): string {
  const text = readFileSync(scene.kubeconfig, "utf8");
  const bare = text.replaceAll(/ +client-(certificate|key)-data: .*\n/gu, "");
  return scene.file("nobody", bare);
}

function request(name: string, text: string): JsonObject {
  return {
    apiVersion: "certificates.k8s.io/v1",
    kind: "CertificateSigningRequest",
    metadata: { name },
    spec: {
      request: Buffer.from(text).toString("base64"),
      signerName: "kubernetes.io/kube-apiserver-client",
      usages: ["client auth"],
      expirationSeconds: 3600,
    },
  };
}

export const accessCases: readonly Case[] = [
  {
    verb: "auth can-i, --list, --as",
    async play(scene) {
      await scene.ok("auth reconcile -f -", {
        input: manifest(...readerOf("bob", scene.namespace)),
      });
      await scene.sees(`rolebindings.${rbac}/bob-reads`, { subjects: [{ name: "bob" }] });
      await scene.prints("auth can-i list pods --as bob", /^yes\n$/u);
      await scene.fails("auth can-i delete pods --as bob", /^no/u);
      await scene.ok("auth can-i list pods --as bob --quiet");
      const list = await scene.ok("auth can-i --list --as bob");
      assert.match(list, /^pods +\[\] +\[\] +\[get list watch\]$/mu);
      assert.match(list, /\[\/healthz\] +\[\] +\[get\]/u);
      const why =
        /secrets is forbidden: User "bob" cannot list resource "secrets" in API group ""/u;
      await scene.fails("get secrets --as bob", why);
      await scene.ok("get pods --as bob");
      const all = "get clusterrole cluster-admin -o jsonpath={.rules[0].verbs}";
      await scene.prints(all, /^\["\*"\]$/u);
    },
  },
  {
    verb: "auth whoami",
    since: { minor: 27, asked: "auth whoami", refused: /unknown command "whoami"/u },
    async play(scene) {
      const line = `auth whoami -o json --as eve --as-group devs --as-uid 7`;
      const user = at(read(await scene.ok(line)), "status", "userInfo");
      assert.equal(at(user, "username"), "eve");
      assert.equal(at(user, "uid"), "7");
      assert.deepEqual(at(user, "groups"), ["devs", "system:authenticated"]);
      await scene.prints("auth whoami", /^ATTRIBUTE +VALUE\nUsername +owner\n/u);
    },
  },
  {
    verb: "auth reconcile",
    async play(scene) {
      const input = manifest(...readerOf("ann", scene.namespace));
      await scene.prints("auth reconcile -f -", /ann-reads reconciled/u, { input });
      const more = { apiGroups: [""], resources: ["services"], verbs: ["get"] };
      const [role] = readerOf("ann", scene.namespace);
      const wider = manifest({ ...role, rules: [more] });
      await scene.ok("auth reconcile -f -", { input: wider });
      await scene.sees(`roles.${rbac}/ann-reads`, {
        rules: [{ resources: ["pods"] }, { resources: ["services"] }],
      });
      const only = "auth reconcile -f - --remove-extra-permissions";
      await scene.ok(only, { input: wider });
      await scene.sees(`roles.${rbac}/ann-reads`, { rules: [{ resources: ["services"] }] });
    },
  },
  {
    verb: "create token",
    since: { minor: 24, asked: "create token robot", refused: /unknown command "token robot"/u },
    async play(scene) {
      await scene.ok("create serviceaccount robot");
      const token = (await scene.ok("create token robot --duration 20m")).trim();
      const bare = nobody(scene);
      const as = (line: string): string => `${line} --kubeconfig ${bare} --token ${token}`;
      const refused = new RegExp(
        `User "system:serviceaccount:${scene.namespace}:robot" cannot`,
        "u",
      );
      await scene.fails(as("get pods"), refused);
      const account = `${scene.namespace}:robot`;
      await scene.ok(`create rolebinding robot --clusterrole view --serviceaccount ${account}`);
      await scene.ok(as("get pods"));
      await scene.sees(`rolebindings.${rbac}/robot`, { subjects: [{ name: "robot" }] });
      await scene.ok("delete serviceaccount robot");
      await scene.seesNo("serviceaccounts/robot");
      const out = /Unauthorized|must be logged in|credentials/iu;
      await scene.fails(as("get pods"), out);
    },
  },
  {
    verb: "certificate approve",
    program: "openssl",
    async play(scene) {
      const name = scene.unique("carol");
      const { key, request: text } = scene.certificate("/O=devs/CN=carol");
      await scene.ok("create -f -", { input: manifest(request(name, text)) });
      await scene.prints(`get csr ${name}`, /Pending/u);
      await scene.prints(`certificate approve ${name}`, new RegExp(`${name} approved`, "u"));
      const issued = { status: { certificate: /^\S+$/u, conditions: [{ type: "Approved" }] } };
      const found = await scene.sees(
        `certificatesigningrequests.certificates.k8s.io/${name}`,
        issued,
      );
      await scene.prints(`get csr ${name}`, /Approved,Issued/u);
      const certificate = textAt(found, "status", "certificate");
      const crt = scene.file("carol.crt", Buffer.from(certificate, "base64").toString());
      const credentials = `--client-certificate ${crt} --client-key ${key}`;
      const forbidden = /User "carol" cannot list resource "pods"/u;
      await scene.fails(`get pods --kubeconfig ${nobody(scene)} ${credentials}`, forbidden);
      const root = scene.unique("root");
      const masters = scene.certificate("/O=system:masters/CN=root").request;
      await scene.ok("create -f -", { input: manifest(request(root, masters)) });
      await scene.ok(`certificate approve ${root}`);
      await scene.sees(`certificatesigningrequests.certificates.k8s.io/${root}`, {
        status: { certificate: undefined, conditions: [{ type: "Approved" }, { type: "Failed" }] },
      });
      await scene.ok(`delete csr ${name} ${root}`);
    },
  },
  {
    verb: "certificate deny",
    program: "openssl",
    async play(scene) {
      const name = scene.unique("eve");
      const { request: text } = scene.certificate("/CN=eve");
      await scene.ok("create -f -", { input: manifest(request(name, text)) });
      await scene.prints(`certificate deny ${name}`, new RegExp(`${name} denied`, "u"));
      await scene.sees(`certificatesigningrequests.certificates.k8s.io/${name}`, {
        status: { certificate: undefined, conditions: [{ type: "Denied" }] },
      });
      await scene.ok(`delete csr ${name}`);
    },
  },
];
