import { after, elapsedMs, type Instant } from "@beemesh/base";

/** A container gets at least this long after TERM when its hook has used up its grace. */
const graceMsLeast = 2000;

/** How long after the grace is over KILL is asked for again. */
const patienceMs = 15_000;

/** The exit is told by an event that follows the report; one that stays away is made up. */
const exitDelayMsMax = 2000;

/**
 * How a running container is brought to its end: first its hook, then TERM, and KILL when the
 * grace that both share is over.
 *
 *     hook ── answered, or over ──▶ term ── stopped ──▶ confirmed
 *                                    └── no answer ──▶ term with no grace
 */
export class ContainerStop {
  #endAt: Instant;
  #stage: "hook" | "due" | "term" | "confirmed";
  /** When the present stage is over. */
  #stageAt: Instant;

  /** `hookMs` is the longest that a hook may take; undefined without one. */
  constructor({ at, graceMs, hookMs }: ContainerStopOptions) {
    this.#endAt = after(at, graceMs);
    this.#stage = hookMs === undefined || graceMs === 0 ? "due" : "hook";
    this.#stageAt = this.#stage === "due" ? at : after(at, Math.min(graceMs, hookMs ?? 0));
  }

  get nextAt(): Instant {
    return this.#stageAt;
  }

  /** Whether the hook is what is waited for. */
  get inHook(): boolean {
    return this.#stage === "hook";
  }

  /** Shortens the grace; never lengthens it. */
  hurry(at: Instant, graceMs: number): void {
    const endAt = after(at, graceMs);
    if (endAt >= this.#endAt || this.#stage === "confirmed") return;
    this.#endAt = endAt;
    if (this.#stage === "hook") this.#stageAt = endAt < this.#stageAt ? endAt : this.#stageAt;
    else this.#become("due", at);
  }

  hooked(at: Instant): void {
    if (this.#stage === "hook") this.#become("due", at);
  }

  stopped(at: Instant): void {
    if (this.#stage === "term") this.#become("confirmed", after(at, exitDelayMsMax));
  }

  /** What is to be done now: `{ graceMs }` to stop the container, `assume` that it has exited. */
  next(at: Instant): "wait" | "assume" | { readonly graceMs: number } {
    if (at < this.#stageAt) return "wait";
    if (this.#stage === "confirmed") return "assume";
    const afterHook = this.#stage === "hook";
    const leftMs = this.#stage === "term" ? 0 : Math.max(0, elapsedMs(at, this.#endAt));
    const graceMs = afterHook ? Math.max(graceMsLeast, leftMs) : leftMs;
    this.#become("term", after(at, graceMs + patienceMs));
    return { graceMs };
  }

  #become(stage: "due" | "term" | "confirmed", stageAt: Instant): void {
    this.#stage = stage;
    this.#stageAt = stageAt;
  }
}

/** What a {@link ContainerStop} is made of. */
export interface ContainerStopOptions {
  readonly at: Instant;
  readonly graceMs: number;
  readonly hookMs: number | undefined;
}
