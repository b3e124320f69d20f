import assert from "node:assert/strict";
import { test } from "node:test";
import type { ContainerPlan } from "@beemesh/ports";
import { type ContainerSetting, containerSpec } from "./container-spec.ts";

const plan: ContainerPlan = {
  name: "app",
  image: "localhost/x:1",
  pull: "Never",
  command: [],
  args: [],
  env: [],
  mounts: [],
  ports: [],
  stdin: false,
  tty: false,
};

const setting: ContainerSetting = {
  pod: "p",
  name: "c",
  hostname: "web-0",
  labels: {},
  folder: "/pods/u",
  namespaces: "/pods/u/namespaces",
  logPath: "/pods/u/logs/app.0.log",
  mounts: [],
  lastWordsPath: "/pods/u/logs/app.0.termination",
  limits: { openFilesMax: 20_000, processesMax: 100 },
  ociRuntime: undefined,
  target: undefined,
  user: undefined,
  sysctls: {},
};

test("a plain plan leaves the image's own words alone", () => {
  const spec = containerSpec(plan, setting);
  for (const absent of ["entrypoint", "command", "work_dir", "user", "oci_runtime"])
    assert(!(absent in spec), absent);
  assert.deepEqual(spec["resource_limits"], {});
  assert.deepEqual(spec["env"], { HOSTNAME: "web-0" });
});

test("command and args go where Kubernetes puts them", () => {
  const spec = containerSpec({ ...plan, command: ["sh"], args: ["-c", "x"] }, setting);
  assert.deepEqual([spec["entrypoint"], spec["command"]], [["sh"], ["-c", "x"]]);
});

test("limits are given in the kernel's units, and never below what it takes", () => {
  const limited = { ...plan, cpuMillicoresMax: 250, memoryBytesMax: 1024 };
  assert.deepEqual(containerSpec(limited, setting)["resource_limits"], {
    cpu: { quota: 25_000, period: 100_000 },
    memory: { limit: 1024 },
  });
  assert.deepEqual(containerSpec({ ...plan, cpuMillicoresMax: 1 }, setting)["resource_limits"], {
    cpu: { quota: 1000, period: 100_000 },
  });
});

test("a plan's own mount comes before the pod's file of that name", () => {
  const mount = { volume: "v", source: "/v", destination: "/etc/hosts", readOnly: true };
  const { mounts } = containerSpec(plan, { ...setting, mounts: [mount] });
  const found = JSON.parse(JSON.stringify(mounts));
  assert.deepEqual(
    found.map((one: { destination: string }) => one.destination),
    ["/etc/hostname", "/etc/resolv.conf", "/etc/hosts"],
  );
  assert.deepEqual(found.at(-1).options, ["rbind", "rprivate", "ro"]);
});

test("a container writes about its end where its plan says, unless a volume is there", () => {
  const termination = { path: "/dev/termination-log", fallsBackToLogs: false };
  const destinationsOf = (mounts: ContainerSetting["mounts"]): string[] => {
    const spec = containerSpec({ ...plan, termination }, { ...setting, mounts });
    return JSON.parse(JSON.stringify(spec["mounts"])).map(
      ({ source }: { source: string }): string => source,
    );
  };
  assert.equal(destinationsOf([]).at(-1), "/pods/u/logs/app.0.termination");
  const mount = { volume: "v", source: "/v", destination: termination.path, readOnly: false };
  assert.equal(destinationsOf([mount]).at(-1), "/v");
});

test("a container shares with its machine, or with its target, what is asked for", () => {
  const host = { nsmode: "host" };
  const shared = containerSpec({ ...plan, shares: ["ipc", "pid"] }, setting);
  assert.deepEqual([shared["ipcns"], shared["pidns"]], [host, host]);
  assert.equal(containerSpec(plan, setting)["pidns"], undefined);
  const target = containerSpec({ ...plan, target: "app" }, { ...setting, target: "id" });
  assert.deepEqual(target["pidns"], { nsmode: "container", value: "id" });
});
