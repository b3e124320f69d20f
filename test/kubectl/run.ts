/** Verbs that speak with what runs: run, logs, exec, attach, cp, port-forward, debug. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { JsonObject } from "../../core/wire/src/index.ts";
import type { Case } from "./case.ts";
import { deployment, pod, ready, waiting } from "./objects.ts";
import { image, type Scene, textAt } from "./scene.ts";

/** Makes a waiting pod, once for all cases of a client. */
async function companion(scene: Scene): Promise<void> {
  await scene.apply(pod("companion"));
  await scene.sees("pods/companion", ready);
}

const used = `--image=${image} --image-pull-policy=Never`;

/** Runs what needs a terminal in one: `script` makes it. */
function inTerminal(scene: Scene, line: string): readonly [string, readonly string[]] {
  const command = [scene.client.path, ...scene.common, line].join(" ");
  return ["script", ["-qec", command, "/dev/null"]];
}

export const runCases: readonly Case[] = [
  {
    verb: "patch --subresource=resize",
    since: {
      minor: 32,
      asked: "patch pod none --subresource=resize -p {}",
      refused: /unknown flag: --subresource|invalid subresource value: "resize"/u,
    },
    async play(scene) {
      const sized = (cpu: string): JsonObject => ({ resources: { requests: { cpu } } });
      const made = pod("resized", sized("10m"));
      await scene.apply(made);
      const [{ name = "" } = {}] = Object(made["spec"]).containers;
      const patch = JSON.stringify({ spec: { containers: [{ name, ...sized("20m") }] } });
      await scene.fails(`patch pod resized -p ${patch}`, /pod updates may not change fields/u);
      await scene.ok(`patch pod resized --subresource=resize -p ${patch}`);
      await scene.sees("pods/resized", {
        spec: { containers: [sized("20m")] },
        status: { containerStatuses: [{ allocatedResources: { cpu: "20m" }, ...sized("20m") }] },
      });
    },
  },
  {
    verb: "run",
    conformance: ["run pod restart Never"],
    async play(scene) {
      const line = `run ran ${used} --labels=made=run --env=A=1 --port=80 --command -- sleep 600`;
      await scene.prints(line, /^pod\/ran created\n$/u);
      await scene.sees("pods/ran", {
        metadata: { labels: { made: "run" } },
        spec: {
          containers: [
            { name: "ran", command: ["sleep", "600"], env: [{ name: "A", value: "1" }] },
          ],
        },
        status: { phase: "Running" },
      });
      await scene.ok("delete pod ran --now");
      await scene.ok(`run ran-once ${used} --restart=Never --command -- true`);
      await scene.sees("pods/ran-once", {
        spec: { restartPolicy: "Never" },
        status: { phase: "Succeeded" },
      });
      const dry = `run ran-dry ${used} --dry-run=server -o jsonpath={.spec.restartPolicy}`;
      await scene.prints(`${dry} --restart=OnFailure`, /^OnFailure$/u);
      await scene.seesNo("pods/ran-dry");
    },
  },
  {
    verb: "run --rm -i",
    needsContainers: true,
    async play(scene) {
      const line = `run once --rm -i --restart=Never --quiet ${used} --command -- cat`;
      const { code, stdout, stderr } = await scene.run(line, { input: "to and fro\n" });
      assert.match(stdout, /to and fro/u, stderr);
      assert.equal(code, 0, stderr);
      await scene.seesNo("pods/once");
      const failing = `run failing --rm -i --restart=Never --quiet ${used} --command -- sh -c`;
      const words = [...failing.split(" "), "read line; echo $line; exit 3"];
      const failed = await scene.run(words, { input: "last words\n" });
      assert.equal(failed.code, 3, failed.stdout + failed.stderr);
      await scene.seesNo("pods/failing");
    },
  },
  {
    verb: "run --rm -it (terminal)",
    program: "script",
    needsContainers: true,
    async play(scene) {
      const command = `run shell --rm -it --restart=Never ${used} --command -- sh`;
      const going = scene.startProgram(...inTerminal(scene, command));
      await going.prints(/[#$] /u);
      going.type("tty; echo $((40 + 2))\n");
      await going.prints(/\/dev\/pts\/\d+\s+42/u);
      await scene.sees("pods/shell", { spec: { containers: [{ stdin: true, tty: true }] } });
      going.type("exit\n");
      await going.prints(/pod "shell" deleted/u);
      await scene.seesNo("pods/shell");
    },
  },
];

/** Says who it is when it starts, and fails the first time. */
const talker: JsonObject = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "talker", labels: { talks: "yes" } },
  spec: {
    terminationGracePeriodSeconds: 1,
    volumes: [{ name: "memory", emptyDir: {} }],
    containers: ["first", "second"].map((name) => ({
      ...waiting,
      name,
      volumeMounts: [{ name: "memory", mountPath: "/memory" }],
      command: [
        "sh",
        "-c",
        `trap 'exit 0' TERM; test -e /memory/${name} && life=2 || life=1; touch /memory/${name};
         echo ${name} life $life line 1; echo ${name} life $life line 2;
         test ${name} = second || test $life = 2 || exit 1; while :; do sleep 1; done`,
      ],
    })),
  },
};

export const logCases: readonly Case[] = [
  {
    verb: "logs (container, --previous, --all-containers, --prefix, -l)",
    needsContainers: true,
    async play(scene) {
      await scene.apply(talker);
      await scene.sees("pods/talker", {
        status: { containerStatuses: [{ restartCount: 1, ready: true }, { ready: true }] },
      });
      await scene.prints(
        "logs talker -c second",
        /^second life 1 line 1\nsecond life 1 line 2\n$/u,
      );
      await scene.prints("logs talker -c first", /^first life 2 line 1\nfirst life 2 line 2\n$/u);
      await scene.prints("logs talker -c first --previous", /^first life 1 line 1\n/u);
      await scene.fails("logs talker -c second -p", /previous terminated container "second"/u);
      await scene.fails("logs talker -c third", /container third is not valid for pod talker/u);
      const all = await scene.ok("logs talker --all-containers --prefix");
      assert.match(all, /^\[pod\/talker\/first\] first life 2 line 2$/mu);
      assert.match(all, /^\[pod\/talker\/second\] second life 1 line 2$/mu);
      const labelled = await scene.ok("logs -l talks=yes --all-containers --tail=1");
      // Kubectl asks for all containers at once, and prints them as they answer.
      assert.deepEqual(labelled.split("\n").toSorted(), [
        "",
        "first life 2 line 2",
        "second life 1 line 2",
      ]);
      // Without a name the first container is meant, and kubectl says so.
      if (scene.client.minor > 20) await scene.prints("logs talker", /^first life 2 line 1\n/u);
    },
  },
  {
    verb: "logs --tail, --since, --timestamps, --limit-bytes",
    needsContainers: true,
    conformance: ["logs retrieve and filter"],
    async play(scene) {
      await scene.apply(talker);
      await scene.sees("pods/talker", { status: { containerStatuses: [{}, { ready: true }] } });
      const second = "logs talker -c second";
      await scene.prints(`${second} --tail=1`, /^second life 1 line 2\n$/u);
      await scene.prints(`${second} --since=1h`, /^second life 1 line 1\n/u);
      const future = new Date(Date.now() + 3_600_000).toISOString().replace(/\.\d+/u, "");
      await scene.prints(`${second} --since-time=${future}`, /^$/u);
      await scene.prints(`${second} --timestamps`, /^\d{4}-\S+Z second life 1 line 1\n/u);
      await scene.prints(`${second} --limit-bytes=6`, /^second$/u);
    },
  },
  {
    verb: "logs -f, deployment/name",
    async play(scene) {
      const counts = [
        "sh",
        "-c",
        "trap 'exit 0' TERM; i=0; while :; do echo $((i+=1)); sleep 1; done",
      ];
      await scene.apply(deployment("counts", { replicas: 1 }, { command: counts }));
      await scene.sees("deployments.apps/counts", { status: { readyReplicas: 1 } });
      const going = scene.start("logs -f deployment/counts");
      await going.prints(/^1\n2\n3\n/mu);
      await scene.ok("delete deployment counts");
      assert.equal(await going.ends(), 0);
    },
  },
];

export const execCases: readonly Case[] = [
  {
    verb: "exec",
    needsContainers: true,
    async play(scene) {
      await companion(scene);
      const echo = ["exec", "companion", "--", "sh", "-c", "echo $HOSTNAME; echo err >&2; exit 7"];
      const { code, stdout, stderr } = await scene.run(echo);
      assert.equal(stdout, "companion\n");
      assert.match(stderr, /^err\n[\s\S]*exit code 7/u);
      assert.equal(code, 7);
      const input = { input: "from here\n" };
      await scene.prints("exec -i companion -c main -- cat", /^from here\n$/u, input);
      const much = "exec companion -- dd if=/dev/zero bs=65536 count=160 status=none";
      assert.equal((await scene.ok(much)).length, 160 * 65_536);
      await scene.fails("exec companion -- nonesuch", /nonesuch/u, { code: 127 });
      await scene.fails("exec companion -c none -- true", /container none is not valid|not found/u);
    },
  },
  {
    verb: "exec -it (terminal)",
    program: "script",
    needsContainers: true,
    async play(scene) {
      await companion(scene);
      const going = scene.startProgram(...inTerminal(scene, "exec -it companion -- sh"));
      await going.prints(/[#$] /u);
      going.type("tty; echo $((40 + 2)); exit 5\n");
      await going.prints(/\/dev\/pts\/\d+\s+42/u);
      await going.prints(/exit code 5/u);
      await scene.sees("pods/companion", ready);
    },
  },
  {
    verb: "attach, attach -i",
    async play(scene) {
      const command = ["sh", "-c", "echo hello; while read line; do echo got $line; done; sleep 1"];
      await scene.apply({ ...pod("attached", { stdin: true, command }) });
      await scene.sees("pods/attached", ready);
      const going = scene.start("attach -i attached");
      going.type("one\n");
      await going.prints(/got one/u);
      going.type("two\n");
      await going.prints(/got two/u);
      await scene.prints("logs attached", /^hello\ngot one\ngot two\n/u);
      await scene.sees("pods/attached", ready);
      await scene.ok("delete pod attached --now");
    },
  },
  {
    verb: "cp (there and back, files and folders)",
    async play(scene) {
      await companion(scene);
      const content = `${scene.client.version}\n`.repeat(50_000);
      const file = scene.file("copied/deep/file.txt", content);
      const there = `/tmp/there-${scene.client.minor}`;
      await scene.ok(`cp ${file} companion:${there}.txt -c main`);
      const size = await scene.ok(`exec companion -- wc -c ${there}.txt`);
      assert.equal(Number(size.split(" ")[0]), content.length);
      await scene.ok(`cp ${join(scene.folder, "copied")} ${scene.namespace}/companion:${there}`);
      const back = join(scene.folder, "back");
      await scene.ok(`cp companion:${there} ${back}`);
      assert.equal(readFileSync(join(back, "deep/file.txt"), "utf8"), content);
      await scene.ok(
        `cp companion:${there}.txt ${back}.txt ${scene.client.minor < 23 ? "" : "--retries=2"}`,
      );
      assert.equal(readFileSync(`${back}.txt`, "utf8"), content);
      await scene.sees("pods/companion", ready);
    },
  },
  {
    verb: "port-forward (pod, deployment, service)",
    needsContainers: true,
    async play(scene) {
      const command = [
        "sh",
        "-c",
        "mkdir -p /tmp/www; hostname > /tmp/www/index.html; exec httpd -f -p 8080 -h /tmp/www",
      ];
      await scene.apply(deployment("served", { replicas: 1 }, { command }));
      await scene.ok("create service clusterip served --tcp=80:8080");
      await scene.sees("deployments.apps/served", { status: { readyReplicas: 1 } });
      const [found] = await scene.seesCount("pods?labelSelector=app=served", 1);
      const name = textAt(found, "metadata", "name");
      for (const line of [`pod/${name} :8080`, "deployment/served :8080", "service/served :80"]) {
        const going = scene.start(`port-forward ${line}`);
        const [, port] = await going.prints(/Forwarding from 127\.0\.0\.1:(\d+) -> 8080/u);
        const pages = await Promise.all(
          Array.from({ length: 20 }, async () => (await fetch(`http://127.0.0.1:${port}/`)).text()),
        );
        assert.deepEqual(new Set(pages), new Set([`${name}\n`]));
        await going.kill();
      }
      // Where nobody listens, that is told, and kubectl stays or goes as its version does.
      const refused = scene.start(`port-forward pod/${name} :1`);
      const [, closed] = await refused.prints(/Forwarding from 127\.0\.0\.1:(\d+) -> 1/u);
      await fetch(`http://127.0.0.1:${closed}/`).catch(() => undefined);
      await refused.prints(/Cannot connect to port 1 of the pod/u);
      await scene.ok("delete deployment/served service/served");
    },
  },
];

export const debugCases: readonly Case[] = [
  {
    verb: "debug -i (ephemeral container), --target",
    needsContainers: true,
    async play(scene) {
      await companion(scene);
      const common = `debug companion ${used} --quiet -i`;
      const words = `${common} -c looks --target=main -- sh -c`.split(" ");
      // It is in the network of the pod, and sees the processes of its target.
      const script = "read go; hostname; ps | grep -c 'while :'; echo done";
      const { stdout, stderr } = await scene.run([...words, script], { input: "go\n" });
      assert.match(stdout, /^companion\n[1-9]\d*\ndone\n/u, stderr);
      await scene.sees("pods/companion", {
        spec: { ephemeralContainers: [{ name: "looks", targetContainerName: "main" }] },
        status: {
          phase: "Running",
          ephemeralContainerStatuses: [{ name: "looks", state: { terminated: { exitCode: 0 } } }],
        },
      });
      await scene.prints("logs companion -c looks", /^companion\n/u);
      await scene.prints("describe pod companion", /^Ephemeral Containers:\n +looks:/mu);
      await scene.ok("delete pod companion --now");
    },
  },
  {
    verb: "debug --copy-to",
    async play(scene) {
      await companion(scene);
      const copy = `debug companion --copy-to=copied --container=main ${used} -- sleep 600`;
      await scene.ok(copy);
      await scene.sees("pods/copied", {
        spec: { containers: [{ name: "main", command: ["sleep", "600"] }] },
        status: { phase: "Running" },
      });
      await scene.sees("pods/companion", ready);
      await scene.ok("delete pod copied --now");
      await scene.ok(`debug companion --copy-to=swapped --same-node --set-image=*=${image}`);
      await scene.sees("pods/swapped", { spec: { containers: [{ image }] } });
      await scene.ok("delete pod swapped --now");
    },
  },
];
