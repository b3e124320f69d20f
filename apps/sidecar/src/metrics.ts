/** A number that only grows. */
export interface Counter {
  value: number;
}

/** Series of one sidecar; what would be one more is counted in none. */
const seriesMax = 512;

/** Upper bounds of the classes of durations, in seconds. */
const secondsBounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

const help: Readonly<Record<string, string>> = {
  beemesh_workload_connections_total: "Connections, by direction, protocol and how they went.",
  beemesh_workload_bytes_total: "Bytes of applications, by direction: in is from the mesh.",
  beemesh_workload_refusals_total: "What was not let through, by direction and cause.",
  beemesh_workload_peer_connections_total: "Connections by who is at the other end.",
  beemesh_workload_carriers: "TLS connections to and from other sidecars.",
  beemesh_workload_carriers_total: "TLS connections that were made, by direction and how it went.",
  beemesh_workload_open_seconds: "From a connection to the other application's acceptance.",
  beemesh_workload_names_total: "Questions of DNS, by how they were answered.",
  beemesh_workload_datagrams_total: "Datagrams of UDP, by direction and what became of them.",
  beemesh_workload_flows: "Flows of datagrams that are open.",
  beemesh_workload_routes: "Routes that are known.",
  beemesh_workload_certificate_expiry_seconds: "Seconds until the certificate ends.",
  beemesh_workload_replicas: "Other replicas of the workload, by how they are held to stand.",
  beemesh_workload_replica_changes_total: "Replicas that were doubted, lost or back.",
  beemesh_workload_spans_dropped_total: "Spans that found no place in the queue.",
  beemesh_workload_memory_bytes: "Resident memory of the sidecar.",
};

/** Counts what passes, in the text form of Prometheus. */
export class Meters {
  readonly #series = new Map<string, Counter>();
  readonly #gauges = new Map<string, () => number>();
  readonly #durations = new Map<string, Durations>();
  readonly #overflow: Counter = { value: 0 };

  /** The counter of a name and labels; kept by whoever counts often. */
  counter(name: string, labels: Readonly<Record<string, string>>): Counter {
    const series = name + labelsText(labels);
    const known = this.#series.get(series);
    if (known !== undefined) return known;
    if (this.#series.size >= seriesMax) return this.#overflow;
    const made = { value: 0 };
    this.#series.set(series, made);
    return made;
  }

  count(name: string, labels: Readonly<Record<string, string>>): void {
    this.counter(name, labels).value += 1;
  }

  /** A number that is read when somebody asks. */
  gauge(name: string, labels: Readonly<Record<string, string>>, read: () => number): void {
    this.#gauges.set(name + labelsText(labels), read);
  }

  durations(name: string): Durations {
    const durations = this.#durations.get(name) ?? new Durations(name);
    this.#durations.set(name, durations);
    return durations;
  }

  /** Everything, a line a series. Source: Prometheus, exposition formats, text. */
  text(): string {
    const lines: [string, string][] = [
      ...[...this.#series].map(([series, { value }]): [string, string] => [
        nameOf(series),
        `${series} ${value}`,
      ]),
      ...[...this.#gauges].map(([series, read]): [string, string] => [
        nameOf(series),
        `${series} ${read()}`,
      ]),
    ];
    const names = [...new Set(lines.map(([name]) => name))].toSorted();
    const groups = names.map((name) => [
      `# HELP ${name} ${help[name] ?? name}`,
      `# TYPE ${name} ${name.endsWith("_total") ? "counter" : "gauge"}`,
      ...lines.filter(([of]) => of === name).map(([, line]) => line),
    ]);
    const histograms = [...this.#durations.values()].map((durations) => durations.lines());
    return `${[...groups, ...histograms].flat().join("\n")}\n`;
  }
}

/** A histogram of durations. */
export class Durations {
  readonly #name: string;
  readonly #counts: number[] = secondsBounds.map(() => 0);
  #count = 0;
  #sum = 0;

  constructor(name: string) {
    this.#name = name;
  }

  observe(seconds: number): void {
    const index = secondsBounds.findIndex((bound) => seconds <= bound);
    if (index >= 0) this.#counts[index] = (this.#counts[index] ?? 0) + 1;
    this.#count += 1;
    this.#sum += seconds;
  }

  lines(): string[] {
    let below = 0;
    return [
      `# HELP ${this.#name} ${help[this.#name] ?? this.#name}`,
      `# TYPE ${this.#name} histogram`,
      ...secondsBounds.map((bound, index) => {
        below += this.#counts[index] ?? 0;
        return `${this.#name}_bucket{le="${bound}"} ${below}`;
      }),
      `${this.#name}_bucket{le="+Inf"} ${this.#count}`,
      `${this.#name}_sum ${this.#sum}`,
      `${this.#name}_count ${this.#count}`,
    ];
  }
}

function nameOf(series: string): string {
  return series.replace(/\{.*$/u, "");
}

function labelsText(labels: Readonly<Record<string, string>>): string {
  const members = Object.entries(labels).map(
    ([name, value]) => `${name}="${value.replaceAll(/["\\\n]/gu, "_")}"`,
  );
  return members.length === 0 ? "" : `{${members.join(",")}}`;
}
