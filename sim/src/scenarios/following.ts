import type { Json, PeerId } from "@beemesh/wire";
import { followers, hoarders, markAnnotation } from "../checkers/followers.ts";
import type { Violation } from "../checkers/sight.ts";
import { Mesh } from "../mesh.ts";
import { type Outcome, outcomeOf, type ScenarioOptions } from "./outcome.ts";

/** Namespaces, each with one Service, and machines that ask for each. */
const namespaceCount = 20;
const askersOfEach = 4;

/** Changes of Services while the mesh is watched, and the time between two, in milliseconds. */
const changes = 40;
const changeMs = 150;

/** The machines have come to know each other after this. */
const acquaintedMs = 5000;

/** What was written is with all who asked after this, also when their keepers are lost. */
const settleMs = 12_000;

/** Keepers that crash in the middle of it. */
const lostMax = 5;

/**
 * Five keep a namespace's Services; as many each keep its EndpointSlices and Endpoints, whose
 * controllers read them. Those who did so before others were lost let go of it later.
 */
const holdersMax = 3 * 5 + lostMax;

/**
 * Machines ask for Services that others keep, while those change and some of the keepers are lost:
 * all who asked have what was written last, and nobody else has any of it.
 */
export function following({ seed, machines = 100 }: ScenarioOptions): Outcome {
  const mesh = new Mesh(seed);
  const { world } = mesh;
  const pass = (ms: number): void => world.run(world.nowMs + ms);
  const pick = (from: readonly PeerId[]): PeerId => pickOf(mesh, from);
  for (let index = 0; index < machines; index += 1) mesh.grow();
  pass(acquaintedMs);
  const written = new Map<string, string>();
  const askers = new Map<string, Set<PeerId>>();
  const violations: Violation[] = [];
  const ask = (id: PeerId, namespace: string): void => {
    mesh.request(id, { method: "GET", path: pathOf(namespace) });
    askers.set(namespace, (askers.get(namespace) ?? new Set()).add(id));
  };
  const writer = pick(mesh.up());
  const names = Array.from({ length: namespaceCount }, (_, index) => `n${index}`);
  for (const name of names) {
    const body = { apiVersion: "v1", kind: "Namespace", metadata: { name } };
    mesh.request(writer, { method: "POST", path: "api/v1/namespaces", body });
    ask(writer, name);
  }
  pass(acquaintedMs);
  for (const name of names) {
    const reply = mesh.request(writer, {
      method: "POST",
      path: pathOf(name),
      body: serviceOf("0"),
    });
    if (reply?.status === 201) written.set(`${name}/web`, "0");
    else violations.push({ invariant: "writes", message: `${name}: ${reply?.status}` });
    for (let index = 0; index < askersOfEach; index += 1) ask(pick(mesh.up()), name);
  }
  disturb(mesh, writer, names, written);
  pass(settleMs);
  const seen = mesh.see();
  violations.push(...followers(seen, written, askers), ...hoarders(seen, askers, holdersMax));
  const asked = [...askers.values()].reduce((sum, each) => sum + each.size, 0);
  const metrics = { machines, written: written.size, asked, up: mesh.up().length };
  return outcomeOf("following", seed, { violations, metrics });
}

/** Services change, and some machines crash meanwhile. */
function disturb(
  mesh: Mesh,
  writer: PeerId,
  names: readonly string[],
  written: Map<string, string>,
): void {
  const { world } = mesh;
  for (let mark = 1; mark <= changes; mark += 1) {
    const name = names[world.random.below(names.length)] ?? "";
    const metadata = { annotations: { [markAnnotation]: String(mark) } };
    const path = `${pathOf(name)}/web`;
    const reply = mesh.request(writer, { method: "PATCH", path, body: { metadata } });
    if (reply?.status === 200) written.set(`${name}/web`, String(mark));
    if (mark % (changes / lostMax) === 0) {
      const others = mesh.up().filter((id) => id !== writer);
      if (others.length > 0) world.crash(pickOf(mesh, others), { power: true });
    }
    world.run(world.nowMs + changeMs);
  }
}

function pickOf({ world }: Mesh, from: readonly PeerId[]): PeerId {
  return from[world.random.below(from.length)] ?? "";
}

function pathOf(namespace: string): string {
  return `api/v1/namespaces/${namespace}/services`;
}

function serviceOf(mark: string): Json {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "web", annotations: { [markAnnotation]: mark } },
    spec: { selector: { app: "web" }, ports: [{ port: 80 }] },
  };
}
