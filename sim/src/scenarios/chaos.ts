import type { Random } from "@beemesh/base";
import { textAt } from "@beemesh/model";
import { agreement } from "../checkers/agreement.ts";
import { Continuity } from "../checkers/continuity.ts";
import { headcount } from "../checkers/headcount.ts";
import type { SeenMesh, Violation } from "../checkers/sight.ts";
import { strangers } from "../checkers/strangers.ts";
import { Twins } from "../checkers/twins.ts";
import { Mesh } from "../mesh.ts";
import { Sidecars } from "../sidecars.ts";
import { judges } from "../webhook.ts";
import type { WorldOptions } from "../world.ts";
import { Client } from "./client.ts";
import { Mischief } from "./mischief.ts";
import { type Outcome, outcomeOf, type ScenarioOptions } from "./outcome.ts";

/** Machines of a small mesh: up to five all keep everything, beyond that they follow. */
const machinesMax = 7;

/**
 * After the last fault the wanted number runs within this. Most seeds need 1 to 3 s; a pod that
 * was refused once by a keeper which is first no more waits 35 s for the next.
 */
const healMsMax = 45_000;

/** Two of a slot run side by side for no longer, once the network is whole. */
const twinMsMax = 12_000;

/** What is on its way in a mesh that is well has arrived after this. */
const arrivalMsMax = 3000;

/** How often the mesh is looked at, in milliseconds. */
const lookMs = 100;

/** Of so many deeds one is followed by a change of who judges pods, where anybody does. */
const judgesOneIn = 5;

/** All objects are held by so many machines, if there are as many. */
const holders = 5;

export interface ChaosOptions extends ScenarioOptions {
  /** Sees each effect that is performed, to find out why a seed fails. */
  readonly watch?: WorldOptions["watch"];
  /** Whether the pods' sidecars watch each other meanwhile. */
  readonly sidecars?: boolean;
  /** Whether a webhook and a policy are asked about each pod that is made. */
  readonly judged?: boolean;
}

/**
 * A small mesh in which everything goes wrong for some seconds, and then nothing does: safety
 * under faults, then liveness.
 */
export function chaos(options: ChaosOptions): Outcome {
  return new Chaos(options).run();
}

class Chaos {
  readonly #seed: number;
  readonly #mesh: Mesh;
  readonly #random: Random;
  readonly #client: Client;
  readonly #mischief: Mischief;
  readonly #twins = new Twins();
  readonly #continuity = new Continuity();
  readonly #violations: Violation[] = [];
  readonly #hasSidecars: boolean;
  readonly #isJudged: boolean;
  #reunited = 0;

  constructor({ seed, machines, watch, progress, ...options }: ChaosOptions) {
    this.#seed = seed;
    this.#hasSidecars = options.sidecars ?? false;
    this.#isJudged = options.judged ?? false;
    this.#mesh = new Mesh(seed, {
      watch: (id, effect, nowMs) => {
        watch?.(id, effect, nowMs);
        this.#client.see(id, effect);
        if (effect.kind === "observe" && effect.event === "registry.reunited") this.#reunited += 1;
      },
    });
    this.#random = this.#mesh.world.random;
    this.#client = new Client(this.#mesh);
    const count = machines ?? 1 + this.#random.below(machinesMax);
    for (let index = 0; index < count; index += 1) this.#mesh.grow();
    this.#mischief = new Mischief(this.#mesh, this.#client, progress);
  }

  run(): Outcome {
    const { world } = this.#mesh;
    this.#settle();
    const sidecars = this.#hasSidecars ? new Sidecars(this.#mesh, this.#seed) : undefined;
    this.#continuity.remember(this.#mesh.see());
    this.#trouble();
    this.#mischief.end();
    const endMs = world.nowMs;
    this.#twins.reset(endMs);
    const healMs = this.#heal(endMs);
    this.#judge();
    const metrics = {
      machines: world.ids.length,
      deeds: this.#mischief.count,
      acknowledged: this.#client.promises.acknowledged,
      reunited: this.#reunited,
      replaced: this.#client.preconditions.count,
      healMs,
      twinMs: Math.round(this.#twins.longestMs),
      happened: world.happened,
      ...(sidecars && { asked: sidecars.asked }),
    };
    return outcomeOf("chaos", this.#seed, { violations: this.#violations, metrics });
  }

  /** Machines meet, and a few Deployments come to run. */
  #settle(): void {
    const { world } = this.#mesh;
    world.run(1500 + this.#random.below(4000));
    if (this.#isJudged) this.#appointJudges();
    for (let index = 1 + this.#random.below(3); index > 0; index -= 1) {
      const [at] = this.#mesh.up();
      if (at === undefined) break;
      this.#client.create(at, `w${index}`, this.#random.below(6));
      world.run(world.nowMs + this.#random.below(1000));
    }
    const untilMs = world.nowMs + 8000;
    while (world.nowMs < untilMs && headcount(this.#mesh.see()).length > 0) this.#pass(lookMs);
  }

  #appointJudges(): void {
    const { world } = this.#mesh;
    this.#judges("POST");
    world.run(world.nowMs + arrivalMsMax);
  }

  /** Somebody takes the judges away, or appoints them, at a machine that happens to be up. */
  #judges(method: "POST" | "DELETE"): void {
    const up = this.#mesh.up();
    const at = up[this.#random.below(Math.max(1, up.length))];
    if (at === undefined) return;
    for (const { path, body } of judges) {
      const name = textAt(body, "metadata", "name");
      const request = method === "POST" ? { path, body } : { path: `${path}/${name}` };
      this.#mesh.request(at, { method, ...request });
    }
  }

  #trouble(): void {
    const { world } = this.#mesh;
    const untilMs = world.nowMs + 4000 + this.#random.below(8000);
    while (world.nowMs < untilMs) {
      this.#mischief.act();
      if (this.#isJudged && this.#random.below(judgesOneIn) === 0) {
        this.#judges(this.#random.below(2) === 0 ? "POST" : "DELETE");
      }
      this.#pass(50 + this.#random.below(900));
    }
  }

  /** Waits until all is as it should be, and returns how long that took. */
  #heal(endMs: number): number {
    const { world } = this.#mesh;
    while (world.nowMs < endMs + healMsMax) {
      if (this.#unrest(this.#mesh.see()).length === 0) break;
      this.#pass(lookMs);
    }
    if (world.nowMs >= endMs + healMsMax) {
      const message = `not as it should be ${healMsMax} ms after the last fault`;
      this.#violations.push({ invariant: "liveness", message });
    }
    return Math.round(world.nowMs - endMs);
  }

  #pass(ms: number): void {
    const { world } = this.#mesh;
    const untilMs = world.nowMs + ms;
    while (world.nowMs < untilMs) {
      world.run(Math.min(untilMs, world.nowMs + lookMs));
      this.#twins.look(this.#mesh.see());
    }
  }

  #unrest(mesh: SeenMesh): readonly Violation[] {
    const running = [...headcount(mesh), ...strangers(mesh)];
    return running.length > 0 ? running : agreement(mesh, holders);
  }

  /** Looks once more when a while has passed: what is healed stays so. */
  #judge(): void {
    const { world } = this.#mesh;
    this.#pass(2000);
    // A status may be on its way at any moment: it gets the time to arrive.
    const untilMs = world.nowMs + arrivalMsMax;
    while (world.nowMs < untilMs && this.#unrest(this.#mesh.see()).length > 0) this.#pass(lookMs);
    const mesh = this.#mesh.see();
    this.#violations.push(
      ...this.#unrest(mesh),
      ...this.#twins.violations(twinMsMax),
      ...this.#continuity.violations(mesh, this.#mischief.touched),
      ...this.#client.promises.violations(mesh),
      ...this.#client.preconditions.violations(this.#mischief.cuts),
      ...this.#mischief.strangers(mesh),
    );
  }
}
