/** Pods that get other resources while they run. */
import assert from "node:assert/strict";
import type { JsonObject } from "../../core/wire/src/index.ts";
import type { Behaviour, Behaviours } from "./behaviour.ts";
import { at, listAt } from "./client.ts";
import { container, containerOf, started, staying, untilLog, untilPod } from "./pod-run.ts";
import { conditionOf, type World } from "./world.ts";

/** CPU and memory, as a manifest has them. */
type Amounts = Readonly<Record<string, string>>;

/** One container before and after. */
type Size = Readonly<Record<string, Amounts>>;

interface Change {
  readonly before: Size;
  readonly after: Size;
  /** The same in other words, as a client sends it. */
  readonly sent?: Size;
  /** What the container does not live through. */
  readonly restartsFor?: readonly string[];
  /** Thousandths of a core and mebibytes that the kernel gives it then; undefined for no limit. */
  readonly most?: { readonly cpu?: number; readonly memory?: number };
}

const same = (amounts: Amounts): Size => ({ requests: amounts, limits: amounts });

/** Says again and again what the kernel gives it, whichever version its control groups are of. */
const saysLimits = `
g=/sys/fs/cgroup
trap 'exit 0' TERM
while :; do
  m=$(cat $g/memory/memory.limit_in_bytes 2>/dev/null || cat $g/memory.max)
  c=$(cat $g/cpu/cpu.cfs_quota_us 2>/dev/null || cut -d' ' -f1 $g/cpu.max)
  echo "[cpu $c memory $m]"
  sleep 0.3
done`;

function limitsPattern({ cpu, memory }: { cpu?: number; memory?: number } = {}): RegExp {
  // A tenth of a second is the period; without a limit the kernel says -1 or max, or very much.
  const quota = cpu === undefined ? "(?:-1|max)" : String(cpu * 100);
  const bytes = memory === undefined ? "(?:max|\\d{16,})" : String(memory * 1024 * 1024);
  return new RegExp(`\\[cpu ${quota} memory ${bytes}\\]\\n$`, "u");
}

function nameAt(index: number): string {
  return `c${index + 1}`;
}

function specOf(changes: readonly Change[]): JsonObject {
  const containers = changes.map(({ before, restartsFor = [] }, index) =>
    container(saysLimits, {
      name: nameAt(index),
      resources: { ...before },
      resizePolicy: ["cpu", "memory"].map((resourceName) => ({
        resourceName,
        restartPolicy: restartsFor.includes(resourceName) ? "RestartContainer" : "NotRequired",
      })),
    }),
  );
  return { ...staying(container("")), containers };
}

/** Waits until every container has what it should have, and looks whether it does. */
async function untilResized(world: World, changes: readonly Change[]): Promise<void> {
  const found = await untilPod(world, "web", "resized", (each) => {
    const isOver = ["PodResizePending", "PodResizeInProgress"].every(
      (type) => conditionOf(each, type) === "",
    );
    const isDone = changes.every(
      ({ after }, index) =>
        JSON.stringify(sorted(at(containerOf(each, nameAt(index)), "resources") ?? {})) ===
        JSON.stringify(sorted(wholeOf(after))),
    );
    return isOver && isDone && conditionOf(each, "Ready") === "True";
  });
  for (const [index, { after, most, restartsFor = [] }] of changes.entries()) {
    const name = nameAt(index);
    const status = containerOf(found, name);
    const { requests } = wholeOf(after);
    assert.deepEqual(at(status, "allocatedResources"), requests, name);
    assert.equal(at(status, "restartCount"), restartsFor.length > 0 ? 1 : 0, name);
    await untilLog(world, "web", limitsPattern(most), name);
  }
}

/** What is limited is asked for as well, unless less is. */
function wholeOf({ limits, requests }: Size): JsonObject {
  if (limits === undefined) return requests === undefined ? {} : { requests };
  return { limits, requests: { ...limits, ...requests } };
}

function sorted(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([name, inner]) => [name, sorted(inner)]));
}

function patchOf(changes: readonly Change[]): JsonObject {
  const containers = changes.map(({ after, sent = after }, index) => ({
    name: nameAt(index),
    resources: { ...sent },
  }));
  return { spec: { containers } };
}

function resizes(changes: readonly Change[]): Behaviour {
  return async (world) => {
    await started(world, "web", specOf(changes));
    await world.patch("pods", "web/resize", patchOf(changes), "strategic");
    await untilResized(world, changes);
  };
}

const small = { cpu: "100m", memory: "32Mi" };
const large = { cpu: "200m", memory: "64Mi" };

export const resizings: Behaviours = {
  "node InPlace Resize guaranteed 3 net increase": resizes([
    { before: same(small), after: same(large), most: { cpu: 200, memory: 64 } },
    {
      before: same(large),
      after: same({ cpu: "150m", memory: "64Mi" }),
      most: { cpu: 150, memory: 64 },
    },
    {
      before: same(small),
      after: same({ cpu: "150m", memory: "48Mi" }),
      restartsFor: ["cpu", "memory"],
      most: { cpu: 150, memory: 48 },
    },
  ]),
  "node InPlace Resize guaranteed 3 net decrease": resizes([
    { before: same(large), after: same(small), most: { cpu: 100, memory: 32 } },
    {
      before: same(large),
      after: same({ cpu: "100m", memory: "48Mi" }),
      restartsFor: ["memory"],
      most: { cpu: 100, memory: 48 },
    },
    {
      before: same(small),
      after: same({ cpu: "120m", memory: "32Mi" }),
      most: { cpu: 120, memory: 32 },
    },
  ]),
  "node InPlace Resize guaranteed 3 mixed": resizes([
    {
      before: same(small),
      after: same({ cpu: "200m", memory: "24Mi" }),
      most: { cpu: 200, memory: 24 },
    },
    {
      before: same(large),
      after: same({ cpu: "100m", memory: "96Mi" }),
      most: { cpu: 100, memory: 96 },
    },
    { before: same(small), after: same(small), most: { cpu: 100, memory: 32 } },
  ]),
  "node InPlace Resize burstable 6 containers": resizes([
    // Limits for one that has none, more, less, only requests, one beside nothing, and nothing.
    {
      before: { requests: small },
      after: { requests: small, limits: large },
      most: { cpu: 200, memory: 64 },
    },
    {
      before: { requests: small, limits: large },
      after: { requests: small, limits: { cpu: "300m", memory: "96Mi" } },
      most: { cpu: 300, memory: 96 },
    },
    {
      before: { requests: small, limits: large },
      after: { requests: { cpu: "50m", memory: "24Mi" }, limits: { cpu: "150m", memory: "48Mi" } },
      most: { cpu: 150, memory: 48 },
    },
    { before: { requests: small }, after: { requests: large } },
    { before: {}, after: { requests: { cpu: "10m" } } },
    { before: {}, after: {} },
  ]),
  "node InPlace Resize burstable equivalents": resizes([
    {
      before: { requests: { cpu: "2m" }, limits: { cpu: "5m" } },
      after: { requests: { cpu: "1m" }, limits: { cpu: "10m" } },
      // The kernel's least share of a processor.
      most: { cpu: 10 },
    },
    {
      before: { requests: small, limits: { cpu: "500m", memory: "64Mi" } },
      after: { requests: small, limits: { cpu: "600m", memory: "64Mi" } },
      sent: { requests: small, limits: { cpu: "0.6", memory: "65536Ki" } },
      most: { cpu: 600, memory: 64 },
    },
  ]),
  "node InPlace Resize replace endpoint": async (world) => {
    const grown: Change = {
      before: same(small),
      after: same(large),
      most: { cpu: 200, memory: 64 },
    };
    const whole = await started(world, "web", specOf([grown]));
    const path = world.path("pods", "web");
    // Through the pod itself its resources stay as they are.
    const direct = await world.client.send(`PATCH ${path}`, patchOf([grown]), {
      contentType: "application/strategic-merge-patch+json",
    });
    assert.equal(direct.status, 422, direct.text);
    const spec = Object(whole["spec"]);
    const [main] = listAt(whole, "spec", "containers");
    const containers = [{ ...main, image: "ignored:1", resources: { ...grown.after } }];
    const { status, text } = await world.client.send(`PUT ${path}/resize`, {
      ...whole,
      spec: { ...spec, containers, nodeName: "elsewhere" },
    });
    assert.equal(status, 200, text);
    await untilResized(world, [grown]);
    assert.equal(at(await world.get("pods", "web"), "metadata", "generation"), 2);
    // More than the machine has is told, and the pod goes on with what it has.
    const beyond = { ...grown, after: same({ cpu: "100000", memory: "64Mi" }) };
    await world.patch("pods", "web/resize", patchOf([beyond]), "strategic");
    const found = await untilPod(world, "web", "told", (each) =>
      listAt(each, "status", "conditions").some(({ reason }) => reason === "Infeasible"),
    );
    assert.deepEqual(sorted(at(containerOf(found, "c1"), "resources")), sorted(grown.after));
    await world.patch("pods", "web/resize", patchOf([grown]), "strategic");
    await untilResized(world, [grown]);
    const burst = { ...grown, after: { requests: small, limits: large } };
    const other = await world.client.send(`PATCH ${path}/resize`, patchOf([burst]), {
      contentType: "application/strategic-merge-patch+json",
    });
    assert.match(other.text, /Pod QOS Class may not change as a result of resizing/u);
  },
};
