/**
 * What a machine asks of another that decides a collection: to decide a write, or, of those who
 * might have decided before, what they hold.
 */
import type { ApiRequest } from "@beemesh/ports";
import {
  type CollectionId,
  isJsonObject,
  isPeerId,
  type Json,
  type JsonObject,
  type PeerId,
} from "@beemesh/wire";
import { asksMax, entriesMax, recordsMax } from "./limits.ts";
import { listOf } from "./list.ts";
import { type RecordStamp, recordStampOf } from "./record.ts";
import { readRequest, requestJson } from "./request-json.ts";

/** The version of an object that a request speaks of, told by what it is made of. */
export interface Version {
  /** What the asked machine calls it. */
  readonly revision: string;
  readonly parts: readonly RecordStamp[];
}

export interface WriteQuestion {
  readonly kind: "write";
  /** Names the write, whoever is asked and however often. */
  readonly id: string;
  readonly request: ApiRequest;
  /** Whether another has passed it on: whoever gets it decides, and passes it to nobody. */
  readonly isForwarded: boolean;
  /** Machines that said that they cannot decide yet. */
  readonly unready: readonly PeerId[];
  readonly version?: Version | undefined;
  /** What the asker knows of what the write may depend on: the decider must know no less. */
  readonly known: readonly RecordStamp[];
  /** Signed entries of it, for a decider that lacks them; the registry judges them. */
  readonly entries: readonly Json[];
}

/** Who is about to decide asks what was decided before, and to be left to it. */
export interface ConsultQuestion {
  readonly kind: "consult";
  /** What is decided. */
  readonly collection: CollectionId;
  /** The record that the write is about, as far as it is held; the name may be empty. */
  readonly record: { readonly collection: CollectionId; readonly name: string };
  readonly known: readonly RecordStamp[];
}

export type Question = WriteQuestion | ConsultQuestion;

/** Writes a question. */
export function questionJson(question: Question): JsonObject {
  const known = question.known.map((each) => ({ ...each }));
  if (question.kind === "consult") {
    const { kind, collection, record } = question;
    return { kind, collection, record: { ...record }, known };
  }
  const { kind, id, isForwarded, unready, version, entries } = question;
  const request = requestJson(question.request);
  const spoken =
    version === undefined
      ? {}
      : { version: { ...version, parts: version.parts.map((each) => ({ ...each })) } };
  return { kind, id, isForwarded, unready, ...spoken, known, entries, request };
}

/** Reads a question; undefined if it is none that an honest machine asks. */
export function readQuestion(json: Json | undefined): Question | undefined {
  if (!isJsonObject(json)) return undefined;
  const known = listOf(json["known"], recordsMax, recordStampOf);
  if (known === undefined) return undefined;
  return json["kind"] === "consult" ? consultOf(json, known) : writeOf(json, known);
}

function consultOf(json: JsonObject, known: readonly RecordStamp[]): Question | undefined {
  const { collection, record } = json;
  if (typeof collection !== "string" || !isJsonObject(record)) return undefined;
  const { collection: kept, name } = record;
  if (typeof kept !== "string" || typeof name !== "string") return undefined;
  return { kind: "consult", collection, record: { collection: kept, name }, known };
}

const idPattern = /^[0-9A-Za-z-]{1,64}$/u;

function writeOf(json: JsonObject, known: readonly RecordStamp[]): Question | undefined {
  const { kind, id, isForwarded } = json;
  if (kind !== "write" || typeof id !== "string" || !idPattern.test(id)) return undefined;
  const request = readRequest(json["request"]);
  const unready = listOf(json["unready"], asksMax, (each) => (isPeerId(each) ? each : undefined));
  const entries = listOf(json["entries"], entriesMax, (each: Json) => each);
  const version = json["version"] === undefined ? undefined : versionOf(json["version"]);
  if (request === undefined || unready === undefined || entries === undefined) return undefined;
  if (version === undefined && json["version"] !== undefined) return undefined;
  return {
    kind: "write",
    id,
    request,
    isForwarded: isForwarded === true,
    unready,
    version,
    known,
    entries,
  };
}

function versionOf(json: Json): Version | undefined {
  if (!isJsonObject(json)) return undefined;
  const { revision } = json;
  const parts = listOf(json["parts"], recordsMax, recordStampOf);
  if (typeof revision !== "string" || !/^\d{1,19}$/u.test(revision)) return undefined;
  return parts && { revision, parts };
}
