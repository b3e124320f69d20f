import type { PeerId } from "@beemesh/wire";
import { agreement } from "../checkers/agreement.ts";
import { Continuity } from "../checkers/continuity.ts";
import { headcount } from "../checkers/headcount.ts";
import type { Violation } from "../checkers/sight.ts";
import { strangers } from "../checkers/strangers.ts";
import { Twins } from "../checkers/twins.ts";
import { Mesh } from "../mesh.ts";
import { Client } from "./client.ts";
import { type Outcome, outcomeOf, type ScenarioOptions } from "./outcome.ts";

/** All objects are held by so many machines, if there are as many. */
const holders = 5;

/** How often the mesh is looked at, in milliseconds. */
const lookMs = 50;

/** Longest wait for what a story waits for. */
const waitMsMax = 30_000;

/** Two of a slot run side by side for no longer, once the network is whole. */
const twinMsMax = 12_000;

/** A small mesh of which one story is told, with the checks that end all of them. */
class Story {
  readonly mesh: Mesh;
  readonly pods: number;
  readonly continuity = new Continuity();
  readonly metrics: Record<string, number> = {};
  readonly violations: Violation[] = [];
  readonly crashed = new Set<PeerId>();
  readonly #client: Client;
  readonly #twins = new Twins();

  constructor({ seed, machines = 3, pods = machines }: ScenarioOptions) {
    this.mesh = new Mesh(seed, {
      watch: (id, effect) => {
        if (effect.kind === "acknowledged") this.#client.acknowledged(id, effect.ticket, effect);
      },
    });
    this.#client = new Client(this.mesh);
    this.pods = pods;
    for (let index = 0; index < machines; index += 1) this.mesh.grow();
    this.pass(5000);
    const [first] = this.mesh.up();
    if (first !== undefined) this.#client.create(first, "web", pods);
    this.metrics["placeMs"] = this.until("all pods run", () => this.#isQuiet());
    this.continuity.remember(this.mesh.see());
  }

  pass(ms: number): void {
    const { world } = this.mesh;
    const untilMs = world.nowMs + ms;
    while (world.nowMs < untilMs) {
      world.run(Math.min(untilMs, world.nowMs + lookMs));
      this.#twins.look(this.mesh.see());
    }
  }

  /** Waits for something, and returns how long that took. */
  until(what: string, isSo: () => boolean): number {
    const { world } = this.mesh;
    const startMs = world.nowMs;
    while (!isSo() && world.nowMs < startMs + waitMsMax) this.pass(lookMs);
    if (!isSo()) {
      const message = `not within ${waitMsMax} ms: ${what}`;
      this.violations.push({ invariant: "liveness", message });
    }
    return Math.round(world.nowMs - startMs);
  }

  /** Waits until a number of pods runs on these machines. */
  untilRunning(ids: readonly PeerId[], count: number): number {
    return this.until(`${count} pods run`, () => this.runningOn(ids) === count);
  }

  runningOn(ids: readonly PeerId[]): number {
    const { machines } = this.mesh.see();
    return machines
      .filter(({ id }) => ids.includes(id))
      .reduce((sum, { running }) => sum + running().length, 0);
  }

  crash(id: PeerId): void {
    this.crashed.add(id);
    this.mesh.world.crash(id, { power: true });
  }

  /** Waits until all is as it should be, checks that it stays so, and tells what came of it. */
  end(scenario: string, seed: number): Outcome {
    this.metrics["healMs"] = this.until("the mesh is as it should be", () => this.#isQuiet());
    this.pass(3000);
    const mesh = this.mesh.see();
    const touched = {
      machines: this.crashed,
      uids: new Set<string>(),
      workloads: new Set<string>(),
    };
    this.violations.push(
      ...this.#unrest(),
      ...this.#twins.violations(twinMsMax),
      ...this.continuity.violations(mesh, touched),
      ...this.#client.promises.violations(mesh),
    );
    this.metrics["twinMs"] = Math.round(this.#twins.longestMs);
    const { violations, metrics } = this;
    return outcomeOf(scenario, seed, { violations, metrics });
  }

  #isQuiet(): boolean {
    return this.#unrest().length === 0;
  }

  #unrest(): readonly Violation[] {
    const mesh = this.mesh.see();
    const running = [...headcount(mesh), ...strangers(mesh)];
    return running.length > 0 ? running : agreement(mesh, holders);
  }
}

/** Half of the mesh is cut off, both sides go on, and the older pods stay when it heals. */
export function partition(options: ScenarioOptions): Outcome {
  const story = new Story(options);
  const { world } = story.mesh;
  const side = world.ids.slice(0, Math.ceil(world.ids.length / 2));
  const rest = world.ids.slice(side.length);
  world.cut("wall", side, rest);
  const [left, right] = [side, rest].map((ids) => story.untilRunning(ids, story.pods));
  story.metrics["leftMs"] = left ?? 0;
  story.metrics["rightMs"] = (left ?? 0) + (right ?? 0);
  story.pass(3000);
  world.heal();
  return story.end("partition", options.seed);
}

/** One machine after another dies; the last runs everything, loses its power, and runs it again. */
export function survivor(options: ScenarioOptions): Outcome {
  const story = new Story(options);
  const { world } = story.mesh;
  const [last, ...others] = world.ids;
  if (last === undefined) return story.end("survivor", options.seed);
  for (const id of others) {
    story.crash(id);
    story.pass(world.random.below(4000));
  }
  story.metrics["aloneMs"] = story.untilRunning([last], story.pods);
  story.crash(last);
  story.pass(1000);
  world.restart(last);
  story.metrics["rebootMs"] = story.untilRunning([last], story.pods);
  return story.end("survivor", options.seed);
}

/** All machines lose their power at once and come back one after another. */
export function reboot(options: ScenarioOptions): Outcome {
  const story = new Story(options);
  const { world } = story.mesh;
  for (const id of world.ids) story.crash(id);
  story.pass(1000);
  for (const id of world.ids) {
    world.restart(id);
    story.pass(world.random.below(2000));
  }
  return story.end("reboot", options.seed);
}
