import { otlpJson, type Span } from "@beemesh/proxy";
import type { PodFacts, SpanRecord } from "@beemesh/workload";

export interface CollectorOptions {
  /** Where spans are posted to; empty for nowhere. */
  readonly url: string;
  readonly self: string;
  /** Spans that were dropped: there was no room, or the collector did not take them. */
  readonly onDropped: (cause: "full" | "refused", count: number) => void;
}

/** Spans of all pods that wait; a collector that is away costs no more memory than some 2 MB. */
const waitingMax = 4096;

/** Spans of one post: some 300 KB. */
const batchMax = 512;

/** How long spans wait for others to be posted with. */
const gatherMs = 500;

/** How long a collector may take for one post. */
const postMsMax = 5000;

interface Batch {
  readonly pod: PodFacts;
  readonly spans: readonly Span[];
}

/**
 * Brings what sidecars have traced to a collector, by OTLP over HTTP in JSON. One post at a time;
 * what is not taken is not sent again, but counted.
 */
export class Collector {
  readonly #options: CollectorOptions;
  #waiting: Batch[] = [];
  #count = 0;
  #timer: NodeJS.Timeout | undefined;
  #posting: AbortController | undefined;
  #isClosed = false;

  constructor(options: CollectorOptions) {
    this.#options = options;
  }

  /** What sidecars are told of where spans go: no more than the host, for an URL may hold a key. */
  get told(): string {
    return this.#options.url === "" ? "" : new URL(this.#options.url).origin;
  }

  /** Takes what the sidecar of a pod has traced. */
  take(pod: PodFacts, spans: readonly SpanRecord[]): void {
    const { url, onDropped } = this.#options;
    if (this.#isClosed || spans.length === 0) return;
    if (url === "" || this.#count + spans.length > waitingMax) {
      onDropped("full", spans.length);
      return;
    }
    this.#waiting.push({ pod, spans });
    this.#count += spans.length;
    this.#soon();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#posting?.abort();
  }

  #soon(): void {
    if (this.#timer !== undefined || this.#posting !== undefined || this.#count === 0) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.#post();
    }, gatherMs);
  }

  async #post(): Promise<void> {
    const batches = this.#next();
    const count = countOf(batches);
    this.#count -= count;
    this.#posting = new AbortController();
    const isTaken = await this.#send(batches, this.#posting.signal);
    this.#posting = undefined;
    if (this.#isClosed) return;
    if (!isTaken) this.#options.onDropped("refused", count);
    this.#soon();
  }

  /** The first batches, as many as fit into one post. */
  #next(): readonly Batch[] {
    let count = 0;
    const end = this.#waiting.findIndex(({ spans }) => (count += spans.length) > batchMax);
    return this.#waiting.splice(0, end < 0 ? this.#waiting.length : Math.max(1, end));
  }

  async #send(batches: readonly Batch[], closed: AbortSignal): Promise<boolean> {
    const { url, self } = this.#options;
    try {
      const { ok, body } = await fetch(url, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: bodyOf(batches, self),
        redirect: "error",
        signal: AbortSignal.any([closed, AbortSignal.timeout(postMsMax)]),
      });
      await body?.cancel();
      return ok;
    } catch {
      return false;
    }
  }
}

function countOf(batches: readonly Batch[]): number {
  return batches.reduce((sum, { spans }) => sum + spans.length, 0);
}

/** Each batch is of one pod, which is its resource (OpenTelemetry, resource conventions). */
function bodyOf(batches: readonly Batch[], machine: string): string {
  const resources = batches.map(({ pod, spans }) => {
    const text = otlpJson(spans, {
      "service.name": pod.serviceAccount,
      "service.namespace": pod.namespace,
      "k8s.namespace.name": pod.namespace,
      "k8s.pod.name": pod.name,
      "k8s.pod.uid": pod.uid,
      "k8s.node.name": machine,
    });
    return text.slice(text.indexOf("[") + 1, text.lastIndexOf("]"));
  });
  return `{"resourceSpans":[${resources.join(",")}]}`;
}
