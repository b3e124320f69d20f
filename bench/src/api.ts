import { readFileSync } from "node:fs";
import type { DevMachine, DevMesh } from "@beemesh/dev";
import { isJsonObject, type Json, parseJson } from "@beemesh/wire";
import { Etcd } from "./api/etcd.ts";
import { ApiLink, type LinkOptions } from "./api/link.ts";
import { atRate, inParallel, mapText, podStatusText, podText } from "./api/load.ts";
import { spanOf, usageOf } from "./idle.ts";
import { type BenchReport, type Figure, figureOf } from "./report.ts";

/** How much there is, and how fast it changes. */
export interface ApiSize {
  readonly maps: number;
  readonly pods: number;
  /** Watches of one ConfigMap each, as every machine has one of each of its pods' settings. */
  readonly narrowWatches: number;
  /** Watches of all ConfigMaps, as a controller has one. */
  readonly wideWatches: number;
  readonly writesPerSecond: number;
  readonly writeSeconds: number;
}

/** What the API may take, in milliseconds at the 99th percentile, and megabytes. */
const budgets = { writeMs: 100, listMs: 1000, megabytes: 300 };

/** Requests at once while the objects are made: below what one user may have open. */
const createdAtOnce = 32;

/** Watches of one connection and one user: below what the API gives either. */
const watchesPerLink = 200;

/** Of the wide watches so many are read for their delay; the others are only drained. */
const watchesTimed = 4;

const namespace = "bench-api";
const inside = `/api/v1/namespaces/${namespace}`;
const mapsPath = `${inside}/configmaps`;
const podsPath = `${inside}/pods`;
const pageSize = 500;

/**
 * The API of one machine under load: how long a write takes while many watch, how soon they hear
 * of it, how long lists take, and what that costs the daemon. The peer is etcd with the same
 * objects, which is what is under a kube-apiserver and so does less.
 */
export async function benchApi(
  mesh: DevMesh,
  options: { readonly runs: number; readonly size: ApiSize; readonly tell: (what: string) => void },
): Promise<BenchReport> {
  const [machine] = mesh.machines;
  if (machine === undefined) throw new Error("Cannot measure the API: the mesh has no machine");
  const etcd = await Etcd.open();
  const links: ApiLink[] = [];
  try {
    const bench = new Bench(machine, links);
    return { bench: "api", results: await figures(bench, etcd, options) };
  } finally {
    for (const link of links) link.close();
    await etcd?.close();
  }
}

async function figures(
  bench: Bench,
  etcd: Etcd | undefined,
  { runs, size, tell }: Parameters<typeof benchApi>[1],
): Promise<readonly Figure[]> {
  tell(`making ${size.maps} ConfigMaps and ${size.pods} pods`);
  const created = await bench.fill(size);
  tell("listing");
  const pods = await timed(runs, () => bench.owner.done("GET", podsPath));
  const maps = await timed(runs, () => bench.owner.done("GET", mapsPath));
  const pages = await timed(runs, () => bench.page());
  tell(`opening ${size.narrowWatches + size.wideWatches} watches`);
  await bench.watch(size);
  tell(`writing ${size.writesPerSecond} a second for ${size.writeSeconds} s`);
  const before = await usageOf(bench.machine);
  const writes = await bench.write(size);
  const span = spanOf(before, await usageOf(bench.machine));
  const peer = etcd === undefined ? undefined : await peerFigures(etcd, { runs, size, tell });
  const watches = size.narrowWatches + size.wideWatches;
  const beside = (
    measured: readonly number[] | undefined,
  ): { peer?: { name: string; measured: readonly number[] } } =>
    measured === undefined ? {} : { peer: { name: "etcd", measured } };
  return [
    figureOf(`a write, ${size.writesPerSecond} a second beside ${watches} watches`, "ms", writes, {
      budget: budgets.writeMs,
      ...beside(peer?.puts),
    }),
    figureOf("from a write to its event at a watch", "ms", bench.delays),
    figureOf(`list of ${size.pods} pods`, "ms", pods, {
      budget: budgets.listMs,
      ...beside(peer?.ranges),
    }),
    figureOf(`list of ${size.maps} ConfigMaps`, "ms", maps),
    figureOf(`the same in pages of ${pageSize}`, "ms", pages),
    figureOf("objects made a second", "1/s", [created]),
    figureOf("memory of the daemon (PSS)", "MB", [span.megabytes], { budget: budgets.megabytes }),
    figureOf("processor of the daemon while written to", "% of a core", [span.corePercent]),
  ];
}

class Bench {
  readonly machine: DevMachine;
  readonly owner: ApiLink;
  /** From the sending of a write to its event, in milliseconds. */
  readonly delays: number[] = [];
  readonly #options: LinkOptions;
  readonly #links: ApiLink[];
  readonly #sentMs = new Map<string, number>();

  constructor(machine: DevMachine, links: ApiLink[]) {
    this.machine = machine;
    const kubeconfig = readFileSync(machine.kubeconfig, "utf8");
    this.#options = { socketPath: machine.apiSocket, kubeconfig };
    this.#links = links;
    this.owner = this.#link();
  }

  /** Makes all objects; how many a second that were. */
  async fill({ maps, pods }: ApiSize): Promise<number> {
    const { owner } = this;
    const metadata = { name: namespace };
    await owner.done("POST", "/api/v1/namespaces", JSON.stringify({ kind: "Namespace", metadata }));
    const start = performance.now();
    await inParallel(maps, createdAtOnce, (index) => {
      return owner.done("POST", mapsPath, mapText(`map-${index}`, 0));
    });
    await inParallel(pods, createdAtOnce, async (index) => {
      await owner.done("POST", podsPath, podText(`pod-${index}`, index));
      const path = `${podsPath}/pod-${index}/status`;
      await owner.done("PATCH", path, podStatusText(index), "application/merge-patch+json");
    });
    return ((maps + 2 * pods) * 1000) / (performance.now() - start);
  }

  /** Lists all ConfigMaps in pages. */
  async page(): Promise<void> {
    let next = "";
    do {
      const token = next === "" ? "" : `&continue=${encodeURIComponent(next)}`;
      const { body } = await this.owner.done("GET", `${mapsPath}?limit=${pageSize}${token}`);
      next = /"continue":"(?<token>[^"]+)"/u.exec(body.toString())?.groups?.["token"] ?? "";
    } while (next !== "");
  }

  /** Opens the watches, each few of a user of their own. */
  async watch({ narrowWatches, wideWatches }: ApiSize): Promise<void> {
    const count = narrowWatches + wideWatches;
    const users = Math.ceil(count / watchesPerLink);
    const links = await Promise.all(Array.from({ length: users }, (_, user) => this.#user(user)));
    // As an informer does: from the moment that a list has shown.
    const { body } = await this.owner.done("GET", `${mapsPath}?limit=1`);
    const since = /"resourceVersion":"(?<since>\d+)"/u.exec(body.toString())?.groups?.["since"];
    await inParallel(count, createdAtOnce, async (index) => {
      const link = links[index % users];
      const narrow = index - wideWatches;
      const only = narrow < 0 ? "" : `&fieldSelector=metadata.name%3Dmap-${narrow}`;
      const take = index < watchesTimed ? (text: string): void => this.#hear(text) : undefined;
      await link?.watch(`${mapsPath}?watch=true&resourceVersion=${since}${only}`, take);
    });
  }

  async write({ maps, writesPerSecond, writeSeconds }: ApiSize): Promise<readonly number[]> {
    return atRate(writesPerSecond, writeSeconds, (index) => {
      const sequence = index + 1;
      this.#sentMs.set(String(sequence), performance.now());
      const name = `map-${index % maps}`;
      return this.owner.done("PUT", `${mapsPath}/${name}`, mapText(name, sequence));
    });
  }

  /** Notes the delay of each event that stands in what has come. */
  #hear(text: string): void {
    const now = performance.now();
    for (const [, sequence = ""] of text.matchAll(/"sequence":"(\d+)"/gu)) {
      const sentMs = this.#sentMs.get(sequence);
      if (sentMs !== undefined) this.delays.push(now - sentMs);
    }
  }

  #link(token?: string): ApiLink {
    const link = new ApiLink({ ...this.#options, ...(token !== undefined && { token }) });
    this.#links.push(link);
    return link;
  }

  /** A connection of a ServiceAccount of its own, which may look. */
  async #user(index: number): Promise<ApiLink> {
    const name = `watcher-${index}`;
    const accounts = `${inside}/serviceaccounts`;
    const account = { kind: "ServiceAccount", metadata: { name } };
    await this.owner.done("POST", accounts, JSON.stringify(account));
    const group = "rbac.authorization.k8s.io";
    const binding: Json = {
      kind: "RoleBinding",
      metadata: { name },
      roleRef: { apiGroup: group, kind: "ClusterRole", name: "view" },
      subjects: [{ kind: "ServiceAccount", name, namespace }],
    };
    const path = `/apis/${group}/v1/namespaces/${namespace}/rolebindings`;
    await this.owner.done("POST", path, JSON.stringify(binding));
    const asked = JSON.stringify({ kind: "TokenRequest", spec: { expirationSeconds: 7200 } });
    const { body } = await this.owner.done("POST", `${accounts}/${name}/token`, asked);
    const made = parseJson(body.toString());
    const status = isJsonObject(made) && isJsonObject(made["status"]) ? made["status"] : {};
    const { token } = status;
    return this.#link(typeof token === "string" ? token : "");
  }
}

/** How long something takes, each time that it is done. */
async function timed(runs: number, act: () => Promise<unknown>): Promise<readonly number[]> {
  const took: number[] = [];
  for (let run = 0; run < runs; run += 1) {
    const start = performance.now();
    await act();
    took.push(performance.now() - start);
  }
  return took;
}

async function peerFigures(
  etcd: Etcd,
  { runs, size, tell }: Parameters<typeof benchApi>[1],
): Promise<{ readonly puts: readonly number[]; readonly ranges: readonly number[] }> {
  tell("the same with etcd");
  await inParallel(size.maps, createdAtOnce, (index) => {
    return etcd.put(`/maps/map-${index}`, mapText(`map-${index}`, 0));
  });
  await inParallel(size.pods, createdAtOnce, (index) => {
    return etcd.put(`/pods/pod-${index}`, podText(`pod-${index}`, index) + podStatusText(index));
  });
  const ranges = await timed(runs, () => etcd.range("/pods/"));
  const puts = await atRate(size.writesPerSecond, size.writeSeconds, (index) => {
    const name = `map-${index % size.maps}`;
    return etcd.put(`/maps/${name}`, mapText(name, index));
  });
  return { puts, ranges };
}
