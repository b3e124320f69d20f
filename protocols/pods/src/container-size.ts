import { after, type Instant } from "@beemesh/base";
import type { Container, ContainerStatus, ResourceRequirements } from "@beemesh/model";
import type { ContainerLimits } from "@beemesh/ports";
import { canonicalJson } from "@beemesh/wire";
import { amountOf } from "./amount.ts";

/** What is due so that a container has the resources that it should have. */
export type SizeStep =
  | { readonly kind: "none" }
  /** Its policy is to begin anew for these. */
  | { readonly kind: "restart" }
  | { readonly kind: "ask"; readonly limits: ContainerLimits };

/** A limit that the kernel refused, such as less memory than is used, may be right later. */
const retryMs = 10_000;

/** The resources that a container runs with, and the way to those that it should have. */
export class ContainerSize {
  /** What it runs with; undefined while it does not run. */
  #actual: ResourceRequirements | undefined;
  /** What the runtime has been asked for, now or at the start. */
  #asked: ResourceRequirements | undefined;
  /** What the runtime refused last, and when to ask once more. */
  #refused: ResourceRequirements | undefined;
  #retryAt: Instant | undefined;
  #trouble = "";

  /** Why the runtime refused the last change; empty if it did not. */
  get trouble(): string {
    return this.#trouble;
  }

  get nextAt(): Instant | undefined {
    return this.#retryAt;
  }

  /** A start has been asked for. */
  starting(resources: ResourceRequirements = {}): void {
    this.#asked = resources;
    this.#actual = undefined;
    this.#retryAt = undefined;
    this.#trouble = "";
  }

  /** It runs as it was asked for. */
  runs(): void {
    this.#actual = this.#asked ?? {};
    this.#asked = undefined;
  }

  /** It was found running, with what its status says. */
  found(prior: ContainerStatus | undefined, { resources = {} }: Container): void {
    this.#actual = prior?.resources ?? resources;
  }

  /** Whether it runs with something else than it should. */
  isChanging({ resources = {} }: Container): boolean {
    return this.#actual !== undefined && !isSame(this.#actual, resources);
  }

  /** What to do now. */
  next({ resources = {}, resizePolicy = [] }: Container, at: Instant): SizeStep {
    const actual = this.#actual;
    if (actual === undefined || this.#asked !== undefined) return { kind: "none" };
    const isRefused = this.#refused !== undefined && isSame(this.#refused, resources);
    if (isRefused && at < (this.#retryAt ?? at)) return { kind: "none" };
    this.#retryAt = undefined;
    this.#refused = undefined;
    if (isSame(actual, resources)) return { kind: "none" };
    const changed = ["cpu", "memory"].filter(
      (name) => amountsOf(actual, name) !== amountsOf(resources, name),
    );
    const restarts = resizePolicy.some(
      ({ resourceName, restartPolicy }) =>
        restartPolicy === "RestartContainer" && changed.includes(resourceName),
    );
    if (restarts) return { kind: "restart" };
    const limits = limitsOf(resources);
    if (isSame(limitsOf(actual), limits)) {
      // Requests are reckoned with, and nothing that runs sees them.
      this.#actual = resources;
      return { kind: "none" };
    }
    this.#asked = resources;
    return { kind: "ask", limits };
  }

  /** What came of the change that was asked for. */
  answered(at: Instant, { ok, message }: { readonly ok: boolean; readonly message: string }): void {
    if (this.#asked === undefined || this.#actual === undefined) return;
    if (ok) this.#actual = this.#asked;
    this.#refused = ok ? undefined : this.#asked;
    this.#asked = undefined;
    this.#trouble = ok ? "" : message;
    this.#retryAt = ok ? undefined : after(at, retryMs);
  }

  /** What the status says of it; of one that does not run, what it will have. */
  status(
    { resources = {} }: Container,
    isRunning: boolean,
  ): Pick<ContainerStatus, "allocatedResources" | "resources"> {
    const { requests } = resources;
    const actual = (isRunning ? this.#actual : undefined) ?? resources;
    return {
      ...(requests === undefined ? {} : { allocatedResources: requests }),
      ...(Object.keys(actual).length === 0 ? {} : { resources: actual }),
    };
  }
}

/** The limits of resources, as a runtime is told them. */
export function limitsOf({ limits }: ResourceRequirements): ContainerLimits {
  const cores = amountOf(limits?.["cpu"] ?? "");
  const bytes = amountOf(limits?.["memory"] ?? "");
  return {
    ...(cores === undefined ? {} : { cpuMillicoresMax: Math.ceil(cores * 1000) }),
    ...(bytes === undefined ? {} : { memoryBytesMax: Math.ceil(bytes) }),
  };
}

function amountsOf({ limits, requests }: ResourceRequirements, name: string): string {
  return canonicalJson([limits?.[name] ?? null, requests?.[name] ?? null]);
}

function isSame(one: object, other: object): boolean {
  return canonicalJson(one) === canonicalJson(other);
}
