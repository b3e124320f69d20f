import type { PeerId } from "@beemesh/wire";
import { agreement } from "../checkers/agreement.ts";
import { Continuity } from "../checkers/continuity.ts";
import { headcount } from "../checkers/headcount.ts";
import type { Violation } from "../checkers/sight.ts";
import { strangers } from "../checkers/strangers.ts";
import { Twins } from "../checkers/twins.ts";
import { Mesh } from "../mesh.ts";
import type { WorldOptions } from "../world.ts";
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

/** A mesh of which one story is told, with the checks that end all of them. */
export class Story {
  readonly mesh: Mesh;
  readonly pods: number;
  readonly continuity = new Continuity();
  readonly metrics: Record<string, number> = {};
  readonly violations: Violation[] = [];
  readonly crashed = new Set<PeerId>();
  readonly client: Client;
  readonly #twins = new Twins();

  constructor(
    { seed, machines = 3, pods = machines }: ScenarioOptions,
    watch?: WorldOptions["watch"],
  ) {
    this.mesh = new Mesh(seed, {
      watch: (id, effect, nowMs) => {
        watch?.(id, effect, nowMs);
        this.client.see(id, effect);
      },
    });
    this.client = new Client(this.mesh);
    this.pods = pods;
    for (let index = 0; index < machines; index += 1) this.mesh.grow();
    this.pass(5000);
    const [first] = this.mesh.up();
    if (first !== undefined) {
      this.client.create(first, "web", pods);
      this.until("the workload is there", () => this.client.names(first).length > 0);
    }
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
      ...this.client.promises.violations(mesh),
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
