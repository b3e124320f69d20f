import { BeeError } from "@beemesh/base";
import type { KubeObject } from "@beemesh/model";
import type { Disk } from "@beemesh/ports";
import { canonicalJson, isJsonObject, parseJson } from "@beemesh/wire";
import type { Program } from "./program.ts";

/** Which record. */
export interface Place {
  readonly namespace: string;
  readonly name: string;
}

export interface ConsentsOptions {
  readonly disk: Pick<Disk, "get" | "set">;
  /** Namespaces whose records may name this machine and any of its ports; `*` for all. */
  readonly namespaces: readonly string[];
}

/** What a record may do on this machine, or why it may not; for people and for its condition. */
export interface Consent {
  readonly isGiven: boolean;
  /** A word in CamelCase, as conditions have it. */
  readonly reason: string;
  readonly message: string;
}

/** The note that keeps them over a restart: the terms of each, by namespace and name. */
const consentsNote = "external.consents";

/** Programs that an owner attaches to one machine; as many as a machine asks for their health. */
const consentsMax = 1000;

/** The terms of one: 64 ports and 64 Services that it calls are some 8 KiB. */
const termsLengthMax = 16 * 1024;

/**
 * What this machine's owner has agreed to. Whoever may write ExternalWorkloads could name any
 * machine and any port of it; so a machine does only what its owner has attached here, on the
 * terms of that day, and what namespaces ask for that its configuration names.
 */
export class Consents {
  /** Told that a consent was given or taken back. */
  onChange: (place: Place) => void = () => undefined;
  readonly #options: ConsentsOptions;
  readonly #terms: Map<string, string>;

  constructor(options: ConsentsOptions) {
    this.#options = options;
    this.#terms = readNote(options.disk.get(consentsNote));
  }

  /** Whether a record may do what it wants here. */
  of(place: Place, program: Program): Consent {
    const { namespaces } = this.#options;
    if (namespaces.includes(place.namespace) || namespaces.includes("*")) {
      const message = `The machine takes what namespace ${place.namespace} asks for`;
      return { isGiven: true, reason: "NamespaceAllowed", message };
    }
    const terms = this.#terms.get(keyOf(place));
    if (terms === termsOf(program)) {
      return { isGiven: true, reason: "Attached", message: "The machine's owner attached it" };
    }
    const what = terms === undefined ? "has not attached it" : "has attached it on other terms";
    const { namespace, name } = place;
    const accept = `beemesh attach --name ${name} -n ${namespace} --accept`;
    const message =
      `The owner of machine ${program.machine} ${what}: run \`${accept}\` there, ` +
      `or start it with --allow-external ${namespace}`;
    return { isGiven: false, reason: terms === undefined ? "NoConsent" : "TermsChanged", message };
  }

  /**
   * Agrees to a record as it is.
   *
   * @throws {BeeError} `consent-refused` if there are too many, or it is too long; what the disk
   *   throws.
   */
  give(place: Place, program: Program): void {
    const terms = termsOf(program);
    const isFull = this.#terms.size >= consentsMax && !this.#terms.has(keyOf(place));
    if (isFull || terms.length > termsLengthMax) {
      const reason = isFull ? `there are ${consentsMax} already` : "it has too many ports";
      throw new BeeError("consent-refused", `Cannot accept ${keyOf(place)}: ${reason}`);
    }
    this.#set(place, terms);
  }

  /** Takes a consent back; harmless if there was none. */
  withdraw(place: Place): void {
    if (this.#terms.has(keyOf(place))) this.#set(place, undefined);
  }

  #set(place: Place, terms: string | undefined): void {
    const next = new Map(this.#terms);
    if (terms === undefined) next.delete(keyOf(place));
    else next.set(keyOf(place), terms);
    // What was not saved was not agreed to.
    this.#options.disk.set(consentsNote, JSON.stringify(Object.fromEntries(next)));
    if (terms === undefined) this.#terms.delete(keyOf(place));
    else this.#terms.set(keyOf(place), terms);
    this.onChange(place);
  }
}

/** The parts of a record that decide what happens on its machine, in one form. */
function termsOf({ address, serviceAccount, ports, probe, reaches }: Program): string {
  const asked = probe === undefined ? [] : [probe.port];
  return canonicalJson({
    address,
    serviceAccount,
    ports: ports.toSorted((a, b) => a - b),
    asked,
    reaches: reaches.toSorted(),
  });
}

function keyOf({ namespace, name }: Place): string {
  return `${namespace}/${name}`;
}

function readNote(text: string | undefined): Map<string, string> {
  const limits = { lengthMax: 2 * consentsMax * termsLengthMax, depthMax: 2 };
  const note = text === undefined ? {} : parseJson(text, limits);
  if (!isJsonObject(note)) return new Map();
  const known = Object.entries(note).flatMap(([key, terms]): [string, string][] =>
    typeof terms === "string" ? [[key, terms]] : [],
  );
  return new Map(known);
}

/** The place of an object. */
export function placeOf({ metadata: { namespace = "", name } }: KubeObject): Place {
  return { namespace, name };
}
