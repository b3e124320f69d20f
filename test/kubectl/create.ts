/** `create` with its generators, and what else makes an object by its own. */
import assert from "node:assert/strict";
import type { Case } from "./case.ts";
import { type Words, wordsOf } from "./client.ts";
import type { Likeness } from "./likeness.ts";
import { deployment } from "./objects.ts";
import { at, read, type Scene, textAt } from "./scene.ts";

/** A generator that is asked by one line, and what there is afterwards. */
interface Made {
  readonly line: Words;
  /** The object: `roles.rbac.authorization.k8s.io/made`. */
  readonly name: string;
  readonly is: Likeness;
}

const rbac = "rbac.authorization.k8s.io";

/** Kubectl calls what it has just made by its kind and group. */
const created = /^[a-z.0-9]+\/\S+ created\n$/u;

function making(verb: string, made: (scene: Scene) => readonly Made[]): Case {
  return {
    verb: `create ${verb}`,
    async play(scene) {
      for (const { line, name, is } of made(scene)) {
        await scene.prints([...wordsOf(`create ${verb}`), ...wordsOf(line)], created);
        await scene.sees(name, is);
      }
    },
  };
}

const rule = { apiGroups: ["apps"], resources: ["deployments"], verbs: ["get", "list"] };

const accessCases: readonly Case[] = [
  making("clusterrole", (scene) => {
    const name = scene.unique("reader");
    const line = `${name} --verb=get,list --resource=deployments.apps`;
    const web = scene.unique("web");
    return [
      { line, name: `clusterroles.${rbac}/${name}`, is: { rules: [rule] } },
      {
        line: `${web} --verb=get --non-resource-url=/logs/*`,
        name: `clusterroles.${rbac}/${web}`,
        is: { rules: [{ nonResourceURLs: ["/logs/*"], verbs: ["get"] }] },
      },
    ];
  }),
  making("clusterrolebinding", (scene) => {
    const name = scene.unique("readers");
    return [
      {
        line: `${name} --clusterrole=view --group=devs-${scene.client.minor}`,
        name: `clusterrolebindings.${rbac}/${name}`,
        is: { roleRef: { kind: "ClusterRole", name: "view" }, subjects: [{ kind: "Group" }] },
      },
    ];
  }),
  making("role", () => [
    {
      line: "made --verb=get,list --resource=deployments.apps",
      name: `roles.${rbac}/made`,
      is: { rules: [rule] },
    },
  ]),
  making("rolebinding", () => [
    {
      line: "made --role=made --serviceaccount=default:robot",
      name: `rolebindings.${rbac}/made`,
      is: {
        roleRef: { kind: "Role", name: "made" },
        subjects: [{ kind: "ServiceAccount", name: "robot", namespace: "default" }],
      },
    },
  ]),
  making("serviceaccount", () => [
    { line: "made", name: "serviceaccounts/made", is: { kind: "ServiceAccount" } },
  ]),
];

const dataCases: readonly Case[] = [
  making("configmap", (scene) => {
    const file = scene.file("made.txt", "line\n");
    return [
      {
        line: `made --from-literal=a=1 --from-file=${file} --from-file=other=${file}`,
        name: "configmaps/made",
        is: { data: { a: "1", "made.txt": "line\n", other: "line\n" } },
      },
      {
        line: `made-env --from-env-file=${scene.file("made.env", "A=1\nB=2\n")}`,
        name: "configmaps/made-env",
        is: { data: { A: "1", B: "2" } },
      },
    ];
  }),
  making("secret generic", () => [
    {
      line: "made --from-literal=password=bees --type=beemesh.io/test",
      name: "secrets/made",
      is: { type: "beemesh.io/test", data: { password: "YmVlcw==" } },
    },
  ]),
  making("secret docker-registry", () => [
    {
      line: "made-registry --docker-server=r.example --docker-username=u --docker-password=p",
      name: "secrets/made-registry",
      is: { type: "kubernetes.io/dockerconfigjson", data: { ".dockerconfigjson": /^ey/u } },
    },
  ]),
  {
    verb: "create secret tls",
    program: "openssl",
    async play(scene) {
      const { key, cert } = scene.certificate("/CN=made");
      await scene.prints(`create secret tls made-tls --cert=${cert} --key=${key}`, created);
      await scene.sees("secrets/made-tls", {
        type: "kubernetes.io/tls",
        data: { "tls.crt": /^LS0t/u, "tls.key": /^LS0t/u },
      });
    },
  },
];

const template = (container: Likeness): Likeness => ({ spec: { containers: [container] } });
const used = "--image=localhost/none:1";

const workloadCases: readonly Case[] = [
  making("deployment", () => [
    {
      line: `made ${used} --replicas=0 --port=8080 -- sleep 5`,
      name: "deployments.apps/made",
      is: {
        spec: {
          replicas: 0,
          template: template({ command: ["sleep", "5"], ports: [{ containerPort: 8080 }] }),
        },
      },
    },
  ]),
  making("cronjob", () => [
    {
      line: ["made", used, "--schedule=0 3 * * *", "--restart=Never"],
      name: "cronjobs.batch/made",
      is: {
        spec: {
          schedule: "0 3 * * *",
          jobTemplate: { spec: { template: { spec: { restartPolicy: "Never" } } } },
        },
      },
    },
  ]),
  making("poddisruptionbudget", () => [
    {
      line: "made --selector=app=web --min-available=1",
      name: "poddisruptionbudgets.policy/made",
      is: { spec: { minAvailable: 1, selector: { matchLabels: { app: "web" } } } },
    },
  ]),
];

const clusterCases: readonly Case[] = [
  {
    verb: "create --dry-run=client, server",
    async play(scene) {
      const line = "create configmap dried --from-literal=a=1 -o json --dry-run";
      const client = read(await scene.ok(`${line}=client`));
      const server = read(await scene.ok(`${line}=server`));
      assert.equal(at(client, "metadata", "uid"), undefined);
      assert.match(textAt(server, "metadata", "uid"), /^[0-9a-f-]{36}$/u);
      await scene.seesNo("configmaps/dried");
    },
  },
  making("namespace", (scene) => {
    const name = scene.unique("made");
    return [{ line: name, name: `namespaces/${name}`, is: { status: { phase: "Active" } } }];
  }),
  making("priorityclass", (scene) => {
    const name = scene.unique("urgent");
    return [
      {
        line: `${name} --value=1000 --preemption-policy=Never`,
        name: `priorityclasses.scheduling.k8s.io/${name}`,
        is: { value: 1000, preemptionPolicy: "Never" },
      },
    ];
  }),
  making("quota", () => [
    {
      line: "made --hard=pods=900 --scopes=BestEffort",
      name: "resourcequotas/made",
      is: { spec: { hard: { pods: "900" }, scopes: ["BestEffort"] } },
    },
  ]),
];

const networkCases: readonly Case[] = [
  making("ingress", (scene) => [
    {
      line: `made --rule=h${scene.client.minor}.example/a*=web:80,tls=cert --class=bee`,
      name: "ingresses.networking.k8s.io/made",
      is: {
        spec: {
          ingressClassName: "bee",
          rules: [{ http: { paths: [{ path: "/a", pathType: "Prefix" }] } }],
          tls: [{ secretName: "cert" }],
        },
      },
    },
  ]),
  making("service clusterip", () => [
    {
      line: "made-ip --tcp=80:8080",
      name: "services/made-ip",
      is: {
        spec: {
          type: "ClusterIP",
          clusterIP: /^10\./u,
          ports: [{ name: "80-8080", port: 80, targetPort: 8080, protocol: "TCP" }],
          selector: { app: "made-ip" },
        },
      },
    },
    {
      line: "made-headless --clusterip=None",
      name: "services/made-headless",
      is: { spec: { clusterIP: "None" } },
    },
  ]),
  making("service externalname", () => [
    {
      line: "made-name --external-name=bees.example",
      name: "services/made-name",
      is: { spec: { type: "ExternalName", externalName: "bees.example" } },
    },
  ]),
  making("service nodeport", () => [
    {
      line: "made-node --tcp=80",
      name: "services/made-node",
      is: { spec: { type: "NodePort", ports: [{ port: 80 }] } },
    },
  ]),
  making("service loadbalancer", () => [
    {
      line: "made-balancer --tcp=80",
      name: "services/made-balancer",
      is: { spec: { type: "LoadBalancer", ports: [{ port: 80 }] } },
    },
  ]),
  {
    verb: "expose",
    async play(scene) {
      await scene.apply(deployment("exposed"));
      const line = "expose deployment exposed --port=80 --target-port=8080 --name=exposed-web";
      await scene.prints(line, /^service\/exposed-web exposed$/mu);
      await scene.sees("services/exposed-web", {
        spec: { selector: { app: "exposed" }, ports: [{ port: 80, targetPort: 8080 }] },
      });
    },
  },
  {
    verb: "autoscale",
    async play(scene) {
      await scene.apply(deployment("autoscaled"));
      const line = "autoscale deployment autoscaled --min=1 --max=3 --cpu-percent=80";
      await scene.prints(line, /horizontalpodautoscaler.autoscaling\/autoscaled autoscaled/u);
      await scene.sees("horizontalpodautoscalers.autoscaling/autoscaled", {
        spec: {
          scaleTargetRef: { kind: "Deployment", name: "autoscaled" },
          minReplicas: 1,
          maxReplicas: 3,
          metrics: [{ resource: { name: "cpu", target: { averageUtilization: 80 } } }],
        },
      });
      await scene.prints("get hpa autoscaled", /Deployment\/autoscaled/u);
    },
  },
];

export const createCases: readonly Case[] = [
  ...accessCases,
  ...dataCases,
  ...workloadCases,
  ...clusterCases,
  ...networkCases,
];
