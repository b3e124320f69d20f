/**
 * What every Runtime must do, whatever is behind it. Call it from a test file with a way to make a
 * bench: a runtime on an empty store, and hands that reach behind it.
 */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Duplex, Writable } from "node:stream";
import { text } from "node:stream/consumers";
import { after, before, describe, test } from "node:test";
import type { ContainerPlan, FilePlan } from "../../core/ports/src/index.ts";
import {
  endsContainers,
  heedsLastWords,
  resizes,
  retires,
  sharesOneNetwork,
} from "./runtime-lifecycle.ts";
import { secures } from "./runtime-security.ts";
import { eventually, once, patienceMs, type RuntimeBench, read, Stage } from "./runtime-stage.ts";

export type { RuntimeBench } from "./runtime-stage.ts";

/** Checks a kind of runtime. `make` gives an empty one. */
export function conformsToRuntime(
  name: string,
  make: () => Promise<RuntimeBench>,
  options: { readonly skip?: string | false } = {},
): void {
  describe(`${name} as a Runtime`, { skip: options.skip ?? false }, () => {
    const stage = new Stage(make);
    before(() => stage.open());
    after(() => stage.close());
    runsPods(stage);
    refuses(stage);
    mountsVolumes(stage);
    renewsFiles(stage);
    secures(stage);
    mountsTheHost(stage);
    keepsLogs(stage);
    letsIn(stage);
    leadsInside(stage);
    probesAndMeasures(stage);
    sharesOneNetwork(stage);
    endsContainers(stage);
    resizes(stage);
    retires(stage);
    notices(stage);
    heedsLastWords(stage);
    outlivesTheDaemon(stage);
  });
}

function runsPods(stage: Stage): void {
  test("is well, and has the image", async () => {
    const { ok, version } = await stage.runtime.check();
    assert(ok && version !== "");
    const images = await stage.runtime.images();
    const own = images.find(({ names }) => names.includes(stage.bench.image));
    assert(own !== undefined && own.sizeBytes > 0);
  });

  test("runs a pod, shows it, and removes every trace of it", async () => {
    let gone = "";
    await stage.withPod(async (uid) => {
      gone = uid;
      const started = await stage.runtime.startContainer(uid, stage.container(), 0);
      assert(started.id !== "" && started.imageId !== "");
      assert(Math.abs(started.startedAtMs - Date.now()) < patienceMs);
      const found = (await stage.runtime.list()).find((pod) => pod.uid === uid);
      assert.equal(found?.name, `web-${uid.slice(0, 5)}`);
      assert.equal(found.namespace, "default");
      const [container] = found.containers;
      assert.equal(container?.state, "running");
      assert.deepEqual([container.name, container.attempt, container.id], ["app", 0, started.id]);
    });
    assert(!(await stage.runtime.list()).some((pod) => pod.uid === gone));
    await stage.runtime.removePod(gone, 0);
    await assert.rejects(stage.runtime.connect(gone, 8080), { code: "pod-unknown" });
  });

  test("gives a pod one address, however often it is made", async () => {
    const plan = { namespace: "default", name: "same", hostname: "same" };
    await stage.withPod(async (uid) => {
      const resolver = { nameservers: [], searches: [], options: [] };
      const whole = { ...plan, uid, labels: {}, volumes: [], resolver, terminationGraceMs: 0 };
      const [first, second] = [
        await stage.runtime.createPod(whole),
        await stage.runtime.createPod(whole),
      ];
      assert.match(first.ip, /^\d+\.\d+\.\d+\.\d+$/u);
      assert.equal(first.ip, second.ip);
    }, plan);
  });

  test("gives a container its command, arguments, environment, folder and host name", async () => {
    await stage.withPod(async (uid) => {
      const plan = stage.container({
        command: ["sh", "-c", 'echo "$0 $1|$WHO|$HOSTNAME|$(pwd)"'],
        args: ["zero", "one two"],
        env: [{ name: "WHO", value: "a bee" }],
        workingDir: "/tmp",
      });
      const line = await stage.output(uid, plan);
      assert.match(
        line,
        new RegExp(`^zero one two\\|a bee\\|host-${uid.slice(0, 5)}\\|.*/tmp\n$`, "u"),
      );
    });
  });

  test("runs containers side by side in one pod, each with its own end", async () => {
    await stage.withPod(async (uid) => {
      const first = stage.exit(uid, "one");
      const second = stage.exit(uid, "two");
      await stage.runtime.startContainer(uid, stage.script("exit 1", { name: "one" }), 0);
      await stage.runtime.startContainer(uid, stage.script("exit 2", { name: "two" }), 0);
      assert.equal((await first).exit.exitCode, 1);
      assert.equal((await second).exit.exitCode, 2);
    });
  });
}

function refuses(stage: Stage): void {
  test("refuses a container whose target does not run", async () => {
    await stage.withPod(async (uid) => {
      const plan = stage.container({ name: "look", target: "none" });
      await assert.rejects(stage.runtime.startContainer(uid, plan, 0), { code: "start-failed" });
    });
  });

  test("says which image is missing, and whether it could have been pulled", async () => {
    await stage.withPod(async (uid) => {
      const image = "localhost/no-such-image:1";
      const start = (pull: ContainerPlan["pull"]) =>
        stage.runtime.startContainer(uid, stage.container({ image, pull }), 0);
      await assert.rejects(start("Never"), { code: "image-missing" });
      await assert.rejects(start("IfNotPresent"), { code: "image-pull-failed" });
    });
  });

  test("says that a command cannot be started, and leaves no trace of it", async () => {
    await stage.withPod(async (uid) => {
      const plan = stage.container({ command: ["/no/such/program"] });
      await assert.rejects(stage.runtime.startContainer(uid, plan, 0), { code: "start-failed" });
      const found = (await stage.runtime.list()).find((pod) => pod.uid === uid);
      assert.deepEqual(found?.containers, []);
    });
  });

  test("knows which pods and containers it does not know", async () => {
    const noPod = { code: "pod-unknown" };
    await assert.rejects(stage.runtime.startContainer("none", stage.container(), 0), noPod);
    await assert.rejects(stage.runtime.logs("none", "app", once), noPod);
    await assert.rejects(stage.runtime.stats("none"), noPod);
    await stage.runtime.stopContainer("none", "app", 0);
    await stage.withPod(async (uid) => {
      const noContainer = { code: "container-unknown" };
      await assert.rejects(stage.runtime.logs(uid, "none", once), noContainer);
      await assert.rejects(stage.exec(uid, ["true"]), noContainer);
      await stage.runtime.stopContainer(uid, "none", 0);
    });
  });
}

function mountsVolumes(stage: Stage): void {
  test("shares a volume among the containers of a pod", async () => {
    const volumes = [
      { name: "data", kind: "empty", inMemory: false },
      { name: "memory", kind: "empty", inMemory: true, sizeBytesMax: 1_048_576 },
    ] as const;
    await stage.withPod(
      async (uid) => {
        const mounts = ["data", "memory"].map((volume) => ({
          volume,
          path: `/mnt/${volume}`,
          readOnly: false,
        }));
        const [data, memory] = [stage.bench.path("/mnt/data"), stage.bench.path("/mnt/memory")];
        const write = `echo kept >${data}/a && echo light >${memory}/a`;
        await stage.output(uid, stage.script(write, { name: "one", mounts }));
        const reader = stage.script(`cat ${data}/a ${memory}/a`, { name: "two", mounts });
        assert.equal(await stage.output(uid, reader), "kept\nlight\n");
      },
      { volumes },
    );
  });

  test("mounts files with their modes, and a part of a volume", async () => {
    const file = (path: string, mode: number) => ({
      path,
      content: Buffer.from(`content of ${path}\n`).toString("base64"),
      mode,
    });
    const files = [file("run.sh", 0o755), file("deep/b", 0o400)];
    await stage.withPod(
      async (uid) => {
        const mounts = [
          { volume: "config", path: "/mnt/all", readOnly: true },
          { volume: "config", path: "/mnt/part", subPath: "deep", readOnly: true },
        ];
        const [all, part] = [stage.bench.path("/mnt/all"), stage.bench.path("/mnt/part")];
        const script = `cat ${all}/run.sh ${part}/b; test -x ${all}/run.sh && echo runs`;
        const wanted = "content of run.sh\ncontent of deep/b\nruns\n";
        assert.equal(await stage.output(uid, stage.script(script, { mounts })), wanted);
      },
      { volumes: [{ name: "config", kind: "files", files }] },
    );
  });
}

function renewsFiles(stage: Stage): void {
  test("writes files of a volume anew, and the container sees them", async () => {
    const file = (content: string): FilePlan => ({
      path: "token",
      content: Buffer.from(content).toString("base64"),
      mode: 0o644,
    });
    await stage.withPod(
      async (uid) => {
        const mounts = [{ volume: "files", path: "/mnt/files", readOnly: true }];
        const path = `${stage.bench.path("/mnt/files")}/token`;
        const script = `cat ${path}; while ! grep -q new ${path}; do sleep 0.1; done; cat ${path}`;
        const output = stage.output(uid, stage.script(script, { mounts }));
        await stage.runtime.writeFiles(uid, "files", [file("new\n")]);
        assert.match(await output, /new\n$/u);
        await stage.runtime.writeFiles(uid, "none", [file("x")]);
        await stage.runtime.writeFiles("none", "files", [file("x")]);
      },
      { volumes: [{ name: "files", kind: "files", files: [file("old\n")] }] },
    );
  });
}

function mountsTheHost(stage: Stage): void {
  test("mounts a path of the host, and no sub-path leads out of it", async () => {
    const folder = mkdtempSync(join(tmpdir(), "conformance-"));
    writeFileSync(join(folder, "file"), "of the host\n");
    symlinkSync("/etc", join(folder, "link"));
    const volumes = [{ name: "host", kind: "host", path: folder, type: "Directory" }] as const;
    try {
      await stage.withPod(
        async (uid) => {
          const mount = { volume: "host", path: "/mnt/host", readOnly: false };
          const script = `cat ${stage.bench.path("/mnt/host")}/file`;
          const plan = stage.script(script, { mounts: [mount] });
          assert.equal(await stage.output(uid, plan), "of the host\n");
          for (const subPath of ["..", "link", "link/passwd", "/etc"]) {
            const bad = stage.script("true", { name: "bad", mounts: [{ ...mount, subPath }] });
            await assert.rejects(stage.runtime.startContainer(uid, bad, 0), {
              code: "start-failed",
            });
          }
        },
        { volumes },
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test("refuses a pod whose host path is not there", async () => {
    const volumes = [{ name: "host", kind: "host", path: "/no/such", type: "" }] as const;
    await assert.rejects(
      stage.withPod(async () => {}, { volumes }),
      { code: "start-failed" },
    );
  });
}

function keepsLogs(stage: Stage): void {
  test("gives a log whole, its end, its beginning, and what is new in it", async () => {
    await stage.withPod(async (uid) => {
      const script = "echo one; echo two >&2; until test -e go; do sleep 0.02; done; echo three";
      const exited = stage.exit(uid);
      await stage.runtime.startContainer(uid, stage.script(script), 0);
      // Who has read the first two lines before the third is written can tell their times apart.
      const begun = () => stage.log(uid, "app");
      assert.equal((await eventually(begun, ({ length }) => length === 8)).length, 8);
      await stage.exec(uid, ["sh", "-c", "echo > go"]);
      await exited;
      assert.equal((await stage.log(uid, "app")).length, 14);
      assert.equal(await stage.log(uid, "app", { tailLines: 1 }), "three\n");
      assert.equal(await stage.log(uid, "app", { limitBytes: 2 }), "on");
      const stamped = (await stage.log(uid, "app", { timestamps: true })).trim().split("\n");
      assert(stamped.every((line) => /^\d{4}-\d\d-\d\dT[\d:.]+Z (one|two|three)$/u.test(line)));
      const at = Date.parse((stamped.at(-1) ?? "").split(" ")[0] ?? "");
      assert.equal(await stage.log(uid, "app", { sinceMs: at }), "three\n");
    });
  });

  test("follows a log to the end of its container", async () => {
    await stage.withPod(async (uid) => {
      const plan = stage.script("echo one; sleep 0.4; echo two");
      await stage.runtime.startContainer(uid, plan, 0);
      assert.equal(await stage.log(uid, "app", { follow: true }), "one\ntwo\n");
    });
  });

  test("keeps the log of the attempt before", async () => {
    await stage.withPod(async (uid) => {
      assert.equal(await stage.output(uid, stage.script("echo first; exit 1")), "first\n");
      const first = { code: "container-unknown" };
      await assert.rejects(stage.log(uid, "app", { previous: true }), first);
      assert.equal(await stage.output(uid, stage.script("echo second"), 1), "second\n");
      assert.equal(await stage.log(uid, "app", { previous: true }), "first\n");
      const found = (await stage.runtime.list()).find((pod) => pod.uid === uid);
      assert.deepEqual(
        found?.containers.map(({ attempt, exit, state }) => [attempt, state, exit?.exitCode]),
        [[1, "exited", 0]],
      );
    });
  });
}

function letsIn(stage: Stage): void {
  test("runs a command beside a container: outputs, input, exit code", async () => {
    await stage.withPod(async (uid) => {
      await stage.runtime.startContainer(uid, stage.script("exec sleep 1000"), 0);
      const both = await stage.exec(uid, ["sh", "-c", "echo out; echo err >&2; exit 7"]);
      assert.deepEqual(both, { out: "out\n", err: "err\n", code: 7 });
      const echo = await stage.exec(uid, ["cat"], { input: "through and back" });
      assert.deepEqual(echo, { out: "through and back", err: "", code: 0 });
      const big = "x".repeat(300_000);
      assert.equal((await stage.exec(uid, ["cat"], { input: big })).out.length, big.length);
      const bad = stage.exec(uid, ["/no/such/program"]).then(({ code }) => code !== 0);
      assert(await bad.catch((error: unknown) => error instanceof Error));
    });
  });

  test("gives a command a terminal", async () => {
    await stage.withPod(async (uid) => {
      await stage.runtime.startContainer(uid, stage.script("exec sleep 1000"), 0);
      const command = ["sh", "-c", "test -t 1 && echo terminal; echo also >&2"];
      const session = await stage.runtime.exec(uid, "app", { command, stdin: false, tty: true });
      session.resize(132, 43);
      assert.equal(session.stderr, undefined);
      assert.match(await read(session.stdout), /terminal\r\nalso\r\n/u);
      assert.equal(await session.exitCode, 0);
    });
  });

  test("kills a command that is not wanted any more", async () => {
    await stage.withPod(async (uid) => {
      await stage.runtime.startContainer(uid, stage.script("exec sleep 1000"), 0);
      const options = { command: ["sleep", "999"], stdin: false, tty: false };
      const session = await stage.runtime.exec(uid, "app", options);
      const output = read(session.stdout);
      session.kill();
      assert.equal(await output, "");
      assert.equal(await session.exitCode, 137);
    });
  });
}

function leadsInside(stage: Stage): void {
  test("joins the main process", async () => {
    await stage.withPod(async (uid) => {
      const plan = stage.script("read line; echo got $line; exit 3", { stdin: true });
      await stage.runtime.startContainer(uid, plan, 0);
      const session = await stage.runtime.attach(uid, "app", { stdin: true, tty: false });
      const output = read(session.stdout);
      assert(session.stdin instanceof Writable);
      session.stdin.write("honey\n");
      assert.equal(await output, "got honey\n");
    });
  });

  test("leads to the ports in a pod, and to no others", async () => {
    await stage.withPod(async (uid) => {
      await stage.runtime.startContainer(uid, stage.container(), 0);
      const probe = {
        kind: "http",
        port: 8080,
        path: "/healthz",
        tls: false,
        headers: [],
      } as const;
      const healthy = await eventually(
        () => stage.runtime.probe(uid, probe, 5000),
        ({ ok }) => ok,
      );
      assert(healthy.ok, healthy.message);
      const socket = await stage.runtime.connect(uid, 8080);
      assert(socket instanceof Duplex);
      socket.write("GET / HTTP/1.0\r\n\r\n");
      assert.match(await text(socket), new RegExp(`host-${uid.slice(0, 5)}`, "u"));
      await assert.rejects(stage.runtime.connect(uid, 8081), { code: "connection-refused" });
      assert(!(await stage.runtime.probe(uid, { ...probe, path: "/none" }, 5000)).ok);
      assert((await stage.runtime.probe(uid, { kind: "tcp", port: 8080 }, 5000)).ok);
      assert(!(await stage.runtime.probe(uid, { kind: "tcp", port: 8081 }, 5000)).ok);
    });
  });
}

function probesAndMeasures(stage: Stage): void {
  test("probes with a command, and gives up in time", async () => {
    await stage.withPod(async (uid) => {
      await stage.runtime.startContainer(uid, stage.script("exec sleep 1000"), 0);
      const probe = (...command: string[]) => ({
        kind: "exec" as const,
        container: "app",
        command,
      });
      assert((await stage.runtime.probe(uid, probe("true"), 5000)).ok);
      assert(!(await stage.runtime.probe(uid, probe("false"), 5000)).ok);
      assert(!(await stage.runtime.probe(uid, probe("sleep", "100"), 200)).ok);
    });
  });

  test("says what a container uses", async () => {
    await stage.withPod(async (uid) => {
      const burn = "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done; echo done; sleep 1000";
      await stage.runtime.startContainer(uid, stage.script(burn), 0);
      await eventually(
        () => stage.log(uid, "app"),
        (log) => log === "done\n",
      );
      const [used] = await stage.runtime.stats(uid);
      assert.equal(used?.name, "app");
      assert(used.cpuNanoseconds > 1_000_000 && used.memoryBytes > 10_000);
    });
  });
}

function notices(stage: Stage): void {
  test("tells the end of a container: which attempt, how and when", async () => {
    await stage.withPod(async (uid) => {
      const exited = stage.exit(uid);
      const startedAtMs = Date.now();
      await stage.runtime.startContainer(uid, stage.script("exit 3"), 4);
      const { attempt, exit } = await exited;
      assert.deepEqual([attempt, exit.exitCode, exit.outOfMemory], [4, 3, false]);
      assert(exit.finishedAtMs >= startedAtMs - 1000 && exit.finishedAtMs <= Date.now() + 1000);
    });
  });

  test("tells once, and not to who has stopped listening", async () => {
    await stage.withPod(async (uid) => {
      const heard: string[] = [];
      const stop = stage.runtime.onEvent(({ kind }) => heard.push(kind));
      stop();
      let exits = 0;
      const stopCounting = stage.runtime.onEvent((event) => {
        if (event.kind === "exited" && event.uid === uid) exits += 1;
      });
      const exited = stage.exit(uid);
      await stage.runtime.startContainer(uid, stage.script("exit 0"), 0);
      await exited;
      await stage.runtime.list();
      await stage.runtime.list();
      stopCounting();
      assert.equal(exits, 1);
      assert.deepEqual(heard, []);
    });
  });

  test("tells that somebody removed a pod, and not that we did", async () => {
    await stage.withPod(async (uid) => {
      await stage.runtime.startContainer(uid, stage.container(), 0);
      const vanished = stage.next("vanished", (event) => event.uid === uid);
      await stage.bench.removeBehind(uid);
      await vanished;
      await stage.runtime.removePod(uid, 0);
      assert(!(await stage.runtime.list()).some((pod) => pod.uid === uid));
    });
    let told = false;
    const stop = stage.runtime.onEvent(({ kind }) => {
      told ||= kind === "vanished";
    });
    await stage.withPod(async (uid) => {
      await stage.runtime.startContainer(uid, stage.container(), 0);
    });
    await stage.runtime.list();
    stop();
    assert(!told);
  });
}

function outlivesTheDaemon(stage: Stage): void {
  test("finds its pods again after the daemon was killed, and they never noticed", async () => {
    await stage.withPod(async (uid) => {
      const runs = await stage.runtime.startContainer(uid, stage.container(), 0);
      const short = stage.script("sleep 0.5; exit 6", { name: "short" });
      await stage.runtime.startContainer(uid, short, 2);
      const late = stage.script("echo up; sleep 3; echo late; exit 7", { name: "late" });
      await stage.runtime.startContainer(uid, late, 0);
      await stage.restart();
      const find = async () => (await stage.runtime.list()).find((pod) => pod.uid === uid);
      const exited = stage.exit(uid, "late");
      const found = await find();
      const app = found?.containers.find(({ name }) => name === "app");
      assert.deepEqual([app?.id, app?.state, app?.attempt], [runs.id, "running", 0]);
      const ended = await eventually(find, (pod) => {
        return pod?.containers.find(({ name }) => name === "short")?.state === "exited";
      });
      const shortly = ended?.containers.find(({ name }) => name === "short");
      assert.deepEqual([shortly?.attempt, shortly?.exit?.exitCode], [2, 6]);
      assert.equal((await exited).exit.exitCode, 7);
      assert.equal(await stage.log(uid, "late"), "up\nlate\n");
      assert((await stage.runtime.probe(uid, { kind: "tcp", port: 8080 }, 5000)).ok);
      assert.equal((await stage.exec(uid, ["echo", "hi"])).out, "hi\n");
    });
  });
}
