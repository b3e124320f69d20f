/**
 * One client's watch: the changes of a collection as events, in the order of the log.
 *
 *     begin: what there is (ADDED …), or what has changed since ─▶ deliver … ─▶ end at its time
 *
 * Source: k8s.io/apiserver, storage/cacher; KEP-3157 (watch-list), KEP-956 (bookmarks).
 */
import { after, type Instant, type Now } from "@beemesh/base";
import type { KubeObject, Resource } from "@beemesh/model";
import type { Change, ObjectStore, ReplySink, Revision } from "@beemesh/ports";
import { EventLines } from "./event-line.ts";
import {
  type Format,
  type Rendering,
  renderBookmark,
  renderObject,
  withoutColumns,
} from "./rendition.ts";
import { expired, type Status } from "./status.ts";
import type { View } from "./view.ts";

/** How often a watch that wants bookmarks gets one (kube-apiserver: about once a minute). */
const bookmarkEveryMs = 60_000;

export interface WatchRequest {
  readonly resource: Resource;
  /** Empty for all namespaces. */
  readonly namespace: string;
  /** Empty for all names; else {@link selects} takes no other. */
  readonly onlyName: string;
  readonly selects: (object: KubeObject) => boolean;
  readonly format: Format;
  readonly user: string;
  readonly allowBookmarks: boolean;
  /** After a revision; or with what there is, and then perhaps a mark that this was all. */
  readonly start:
    | { readonly kind: "since"; readonly revision: Revision }
    | { readonly kind: "state"; readonly marksEnd: boolean };
  readonly endsAt: Instant;
}

type EventType = "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";

export class Watch {
  readonly request: WatchRequest;
  readonly #store: ObjectStore;
  readonly #view: View;
  readonly #sink: ReplySink;
  /** For the ages in tables. */
  #nowMs: number;
  #bookmarkAt: Instant;
  #hasColumns = false;
  /** Of all watches while a change is handed out; its own before. */
  #lines = new EventLines();
  #isOpen = true;

  constructor(
    request: WatchRequest,
    { store, view, sink, now }: { store: ObjectStore; view: View; sink: ReplySink; now: Now },
  ) {
    this.request = request;
    this.#store = store;
    this.#view = view;
    this.#sink = sink;
    this.#nowMs = now.wallMs;
    this.#bookmarkAt = after(now.at, bookmarkEveryMs);
  }

  /** False once the watch has ended: its time was over, its client too slow, its start too old. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** When {@link tick} must be called at the latest. */
  get wakeAt(): Instant {
    const { endsAt, allowBookmarks } = this.request;
    return allowBookmarks && this.#bookmarkAt < endsAt ? this.#bookmarkAt : endsAt;
  }

  /** Sends what comes before the first change. */
  begin(): void {
    const { start, resource, namespace } = this.request;
    const scope = namespace === "" ? undefined : namespace;
    if (start.kind === "state") {
      const { items, revision } = this.#store.list(resource, scope);
      for (const item of items) this.#sendIfSelected("ADDED", item);
      if (start.marksEnd) this.#sendBookmark(revision, true);
      return;
    }
    const changes = this.#store.changesSince(start.revision, resource, scope);
    if (changes === undefined) {
      this.#fail(tooOld(start.revision, this.#store.revision));
      return;
    }
    for (const change of changes) this.deliver(change);
    if (resource.name === "nodes") this.#sendChangedNodes(start.revision);
  }

  /** Sends a change, if it is one of what is watched. `nowMs` is the wall clock. */
  deliver({ kind, object, before }: Change, nowMs = this.#nowMs, lines = this.#lines): void {
    this.#nowMs = nowMs;
    this.#lines = lines;
    const { namespace, resource, selects } = this.request;
    if (namespace !== "" && object.metadata.namespace !== namespace) return;
    const shown = this.#view.show(resource, object);
    const was = before === undefined ? undefined : this.#view.show(resource, before);
    if (kind === "deleted") {
      if (selects(was ?? shown)) this.#send("DELETED", shown);
      return;
    }
    const seen = was !== undefined && selects(was) ? was : undefined;
    this.#sendStep(seen, selects(shown) ? shown : undefined, shown);
  }

  /** Sends the step from what the client has `seen` of an object to what it is to see now. */
  #sendStep(seen: KubeObject | undefined, next: KubeObject | undefined, at: KubeObject): void {
    const isSame = seen !== undefined && seen.metadata.uid === next?.metadata.uid;
    if (isSame && next !== undefined) {
      this.#send("MODIFIED", next);
      return;
    }
    // What no longer fits the selector is gone for this client, in its last fitting form; so is
    // an object whose name another has taken.
    if (seen !== undefined) this.#send("DELETED", atRevisionOf(seen, at));
    if (next !== undefined) this.#send("ADDED", next);
  }

  /** Sends an object whose look has changed without a change of its record. */
  refresh(shown: KubeObject, nowMs = this.#nowMs): void {
    this.#nowMs = nowMs;
    if (this.request.selects(shown)) this.#send("MODIFIED", shown);
  }

  /** Sends the bookmark that is due and ends the watch when its time is over. */
  tick(now: Now): void {
    this.#nowMs = now.wallMs;
    const isOver = now.at >= this.request.endsAt;
    if (this.request.allowBookmarks && (isOver || now.at >= this.#bookmarkAt)) {
      this.#bookmarkAt = after(now.at, bookmarkEveryMs);
      this.#sendBookmark(this.#store.revision, false);
    }
    if (isOver) this.#end();
  }

  /** The client has gone. */
  close(): void {
    this.#isOpen = false;
  }

  #sendChangedNodes(since: Revision): void {
    const { resource } = this.request;
    for (const name of this.#view.changedNodesSince(since)) {
      const node = this.#store.get(resource, "", name);
      if (node !== undefined) this.refresh(this.#view.show(resource, node));
    }
  }

  #sendIfSelected(type: EventType, object: KubeObject): void {
    const shown = this.#view.show(this.request.resource, object);
    if (this.request.selects(shown)) this.#send(type, shown);
  }

  #send(type: EventType, shown: KubeObject): void {
    const rendered = renderObject(shown, this.#rendering());
    const isTable = this.request.format.kind === "table";
    this.#write(type, isTable && this.#hasColumns ? withoutColumns(rendered) : rendered);
    this.#hasColumns = true;
  }

  #sendBookmark(resourceVersion: Revision, isInitialEnd: boolean): void {
    this.#write("BOOKMARK", renderBookmark({ resourceVersion, isInitialEnd }, this.#rendering()));
  }

  #rendering(): Rendering {
    const { format, resource } = this.request;
    return { format, resource, nowMs: this.#nowMs };
  }

  #fail(status: Status): void {
    this.#write("ERROR", status);
    this.#end();
  }

  #write(type: EventType, object: unknown): void {
    if (!this.#isOpen) return;
    const isKeepingUp = this.#sink.write(this.#lines.lineOf(type, object));
    if (!isKeepingUp) this.#end();
  }

  #end(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#sink.end();
  }
}

/** What a client is told whose revision is foreign or forgotten. */
function tooOld(asked: Revision, newest: Revision): Status {
  return expired(`too old resource version: ${asked} (${newest})`);
}

function atRevisionOf(object: KubeObject, { metadata }: KubeObject): KubeObject {
  const { resourceVersion } = metadata;
  if (resourceVersion === undefined) return object;
  return { ...object, metadata: { ...object.metadata, resourceVersion } };
}
