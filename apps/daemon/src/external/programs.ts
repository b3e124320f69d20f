import { connect as connectSocket } from "node:net";
import { BeeError } from "@beemesh/base";
import { findResource, type KubeObject } from "@beemesh/model";
import type { ObjectStore } from "@beemesh/ports";
import { collectionOf, isJsonObject, type Json } from "@beemesh/wire";
import type { Reading } from "../reading.ts";
import { type Consent, type Consents, type Place, placeOf } from "./consents.ts";
import { type Health, nextHealth, unaccepted, unasked, unknownHealth } from "./health.ts";
import { type Program, type ProgramProbe, readProgram } from "./program.ts";
import type { ProgramSidecars } from "./program-sidecars.ts";

export interface ProgramsOptions {
  /** This machine's name. */
  readonly self: string;
  readonly objects: ObjectStore;
  /** Brings the ExternalWorkloads of all namespaces here. */
  readonly reading: Pick<Reading, "bringAll" | "namespaces">;
  /** Lets the machine act on what was written. */
  readonly nudge: () => void;
  /** What this machine's owner has agreed to. */
  readonly consents: Pick<Consents, "of">;
  readonly wallMs: () => number;
  /** Writes an Event about a record that its machine has not agreed to. */
  readonly onRefused: (object: KubeObject, reason: string) => void;
  /** What stands before each of them; none where sidecars cannot run. */
  readonly sidecars?: ProgramSidecars | undefined;
  /** Tries to connect: an empty text if somebody listens, else why not. Only tests change it. */
  readonly probe?: (address: string, port: number, timeoutMs: number) => Promise<string>;
}

/** Programs of one machine that are asked for their health; whoever makes more has gone astray. */
const programsMax = 1000;

/** How often it is looked for new programs that nobody told of. */
const lookMs = 60_000;

/** A record that names this machine. */
interface OwnRecord {
  readonly object: KubeObject;
  readonly program: Program;
  readonly consent: Consent;
}

/** A program of this machine, and what comes next for it. */
interface Watched {
  readonly program: Program;
  readonly consent: Consent;
  health: Health;
  /** For the next time that it is asked; undefined for one that nobody asks. */
  timer: NodeJS.Timeout | undefined;
}

/**
 * The programs outside containers that are on this machine: asks each as its probe says, and
 * keeps the status of its record true.
 */
export class Programs {
  readonly #options: ProgramsOptions;
  /** By namespace and name. */
  readonly #watched = new Map<string, Watched>();
  readonly #stop: () => void;
  readonly #timer: NodeJS.Timeout;
  #isClosed = false;

  constructor(options: ProgramsOptions) {
    this.#options = options;
    this.#stop = options.objects.onChange(({ resource, object }) => {
      if (resource.kind !== "ExternalWorkload") return;
      // A store tells of changes in the middle of a step, in which nothing may be written.
      setImmediate(() => this.regard(placeOf(object)));
    });
    this.#timer = setInterval(() => void this.look(), lookMs);
  }

  close(): void {
    this.#isClosed = true;
    this.#stop();
    clearInterval(this.#timer);
    for (const { timer } of this.#watched.values()) clearTimeout(timer);
    this.#watched.clear();
    this.#options.sidecars?.close();
  }

  /** Looks at all programs that are known, and forgets those that are gone. */
  async look(): Promise<void> {
    const { reading } = this.#options;
    const wanted = reading.namespaces();
    await reading.bringAll(
      wanted.map((namespace) => collectionOf("externalworkloads", "beemesh.io", namespace)),
    );
    const resource = findResource("beemesh.io", "externalworkloads");
    const all = resource === undefined ? [] : this.#options.objects.list(resource).items;
    const places = all.map(placeOf);
    for (const place of places) this.regard(place);
    const there = new Set(places.map(keyOf));
    for (const key of this.#watched.keys()) if (!there.has(key)) this.#forget(key);
    await this.#options.sidecars?.sweep();
  }

  /**
   * Where a program of this machine is reached.
   *
   * @returns Undefined if the uid is of no such program.
   * @throws {BeeError} `connection-refused` if its record does not name the port.
   */
  placeOf(uid: string, port: number): { readonly host: string; readonly port: number } | undefined {
    const found = [...this.#watched.values()].find(
      ({ program, consent }) => program.uid === uid && consent.isGiven,
    );
    if (found === undefined) return undefined;
    const { address: host, ports } = found.program;
    if (ports.includes(port)) return { host, port };
    throw new BeeError("connection-refused", `Cannot connect to port ${port}: it is not named`);
  }

  /** Takes in a record, and what its machine's owner has agreed to, as they are now. */
  regard(place: Place): void {
    if (this.#isClosed) return;
    const key = keyOf(place);
    const own = this.#own(place);
    const known = this.#watched.get(key);
    if (known !== undefined && own !== undefined && isSame(known, own)) {
      this.#tell(place, known);
      return;
    }
    this.#forget(key);
    if (own !== undefined && this.#watched.size < programsMax) this.#watch(place, own);
  }

  /** A record that names this machine; undefined for others. */
  #own(place: Place): OwnRecord | undefined {
    const { self, consents } = this.#options;
    const object = this.#get(place);
    const program = object && readProgram(object);
    if (object === undefined || program?.machine !== self) return undefined;
    return { object, program, consent: consents.of(place, program) };
  }

  /** Begins to ask a program, or tells why it is left alone. */
  #watch(place: Place, { object, program, consent }: OwnRecord): void {
    const { sidecars, onRefused } = this.#options;
    const { probe } = program;
    const isKept = consent.isGiven;
    const health = isKept ? (probe ? unknownHealth : unasked) : unaccepted(consent.message);
    const watched: Watched = { program, consent, health, timer: undefined };
    this.#watched.set(keyOf(place), watched);
    if (isKept) sidecars?.keep(program);
    else onRefused(object, consent.message);
    if (isKept && probe !== undefined) void this.#ask(place, watched, probe);
    else this.#tell(place, watched);
  }

  #get({ namespace, name }: Place): KubeObject | undefined {
    const resource = findResource("beemesh.io", "externalworkloads");
    return resource && this.#options.objects.get(resource, namespace, name);
  }

  async #ask(place: Place, watched: Watched, probe: ProgramProbe): Promise<void> {
    const ask = this.#options.probe ?? tryToConnect;
    const reason = await ask(watched.program.address, probe.port, probe.timeoutMs);
    if (this.#watched.get(keyOf(place)) !== watched) return;
    watched.health = nextHealth(watched.health, { reason }, probe);
    this.#tell(place, watched);
    watched.timer = setTimeout(() => void this.#ask(place, watched, probe), probe.periodMs);
  }

  /** Writes a health that the record does not tell yet. */
  #tell(place: Place, { program, health, consent }: Watched): void {
    const { objects, nudge } = this.#options;
    const resource = findResource("beemesh.io", "externalworkloads");
    const object = this.#get(place);
    if (resource === undefined || object?.metadata.uid !== program.uid) return;
    // What was known before this daemon started holds until more is known.
    if (health === unknownHealth) return;
    const { isReady: ready, message } = health;
    const before = isJsonObject(object.status) ? object.status : {};
    const conditions = conditionsOf(before["conditions"], consent, this.#options.wallMs());
    const isTold = conditions === before["conditions"];
    if (isTold && before["ready"] === ready && before["message"] === message) return;
    objects.putStatus(resource, { ...object, status: { ...before, ready, message, conditions } });
    nudge();
  }

  #forget(key: string): void {
    const watched = this.#watched.get(key);
    if (watched === undefined) return;
    clearTimeout(watched.timer);
    this.#watched.delete(key);
    this.#options.sidecars?.drop(watched.program.uid);
  }
}

/** The conditions with whether the machine has agreed; the same ones if that is told already. */
function conditionsOf(json: Json | undefined, consent: Consent, wallMs: number): Json {
  const all: readonly Json[] = Array.isArray(json) ? json : [];
  const isAccepted = (each: Json): boolean => isJsonObject(each) && each["type"] === "Accepted";
  const before = all.find(isAccepted);
  const { isGiven, reason, message } = consent;
  const status = isGiven ? "True" : "False";
  const known = isJsonObject(before) ? before : {};
  if (json !== undefined && known["reason"] === reason && known["message"] === message) return json;
  const lastTransitionTime =
    known["status"] === status && typeof known["lastTransitionTime"] === "string"
      ? known["lastTransitionTime"]
      : new Date(wallMs).toISOString().replace(/\.\d+Z$/u, "Z");
  const accepted = { type: "Accepted", status, reason, message, lastTransitionTime };
  return [...all.filter((each) => !isAccepted(each)), accepted];
}

/** Whether there is nothing new about a program. */
function isSame(known: Watched, { program, consent }: OwnRecord): boolean {
  const isSameProgram = JSON.stringify(known.program) === JSON.stringify(program);
  return isSameProgram && known.consent.reason === consent.reason;
}

function keyOf({ namespace, name }: Place): string {
  return `${namespace}/${name}`;
}

/** Whether somebody listens: an empty text, or why not. */
function tryToConnect(host: string, port: number, timeoutMs: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = connectSocket({ host, port, timeout: timeoutMs });
    const end = (reason: string): void => {
      socket.destroy();
      resolve(reason);
    };
    socket.once("connect", () => end(""));
    socket.once("timeout", () => end(`${host}:${port} does not answer in ${timeoutMs} ms`));
    socket.once("error", (error: NodeJS.ErrnoException) =>
      end(`${host}:${port} does not answer: ${error.code ?? "it failed"}`),
    );
  });
}
