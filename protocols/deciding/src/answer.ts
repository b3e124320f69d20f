/** What a machine answers that was asked to decide. */
import { isJsonObject, type Json, type JsonObject } from "@beemesh/wire";
import { entriesMax, partsMax, recordsMax } from "./limits.ts";
import { listOf } from "./list.ts";
import { type RecordStamp, recordStampOf } from "./record.ts";

/** The write was decided: done or refused, as kube-apiserver would say it. */
export interface Decided {
  readonly kind: "decided";
  readonly status: number;
  readonly body: Json;
  readonly headers: Readonly<Record<string, string>>;
  readonly warnings: readonly string[];
  /** What the decider calls the version of the object that the body shows; empty for none. */
  readonly revision: string;
  /** Whether that version is the one that the entries make up. */
  readonly isPresent: boolean;
  /** The object's signed entries as they are now. */
  readonly entries: readonly Json[];
}

export type Answer =
  | Decided
  /** It is being decided; whoever hears this waits on. */
  | { readonly kind: "working" }
  /** The machine does not know yet what there is: another shall decide. */
  | { readonly kind: "unready" }
  /** The asker knows of newer versions: they are wanted, with the question once more. */
  | { readonly kind: "behind"; readonly records: readonly RecordStamp[] }
  /** The asker may not write there. */
  | { readonly kind: "refused"; readonly reason: string }
  /** Too much is being decided for the asker at this moment. */
  | { readonly kind: "busy" }
  /** The decider could not tell how it went: `code` is a BeeError's, or empty. */
  | { readonly kind: "failed"; readonly code: string; readonly message: string }
  /** Of a consultation: the collection is left to the asker; what is newer here. */
  | { readonly kind: "left"; readonly entries: readonly Json[] }
  /** Of a consultation: it is decided here. */
  | { readonly kind: "kept" };

/** Writes an answer. */
export function answerJson(answer: Answer): JsonObject {
  if (answer.kind !== "behind") return { ...answer };
  return { kind: answer.kind, records: answer.records.map((each) => ({ ...each })) };
}

/** Reads an answer; undefined if it is none that an honest machine gives. */
export function readAnswer(json: Json | undefined): Answer | undefined {
  if (!isJsonObject(json)) return undefined;
  const { kind } = json;
  if (typeof kind !== "string" || !Object.hasOwn(readers, kind)) return undefined;
  return readers[kind]?.(json);
}

const readers: Readonly<Record<string, (json: JsonObject) => Answer | undefined>> = {
  decided: decidedOf,
  working: () => ({ kind: "working" }),
  unready: () => ({ kind: "unready" }),
  busy: () => ({ kind: "busy" }),
  kept: () => ({ kind: "kept" }),
  behind: ({ records }) => {
    const read = listOf(records, recordsMax, recordStampOf);
    return read && { kind: "behind", records: read };
  },
  refused: ({ reason }) => ({ kind: "refused", reason: textOf(reason) }),
  failed: ({ code, message }) => ({
    kind: "failed",
    code: textOf(code),
    message: textOf(message),
  }),
  left: (json) => {
    const entries = entriesOf(json);
    return entries && { kind: "left", entries };
  },
};

function decidedOf(json: JsonObject): Answer | undefined {
  const { status, body = null, headers, revision, isPresent } = json;
  const warnings = listOf(json["warnings"], partsMax, textOrNothing);
  const entries = entriesOf(json);
  if (typeof status !== "number" || !(status >= 200 && status <= 599)) return undefined;
  if (warnings === undefined || entries === undefined || !isJsonObject(headers)) return undefined;
  const pairs = Object.entries(headers).filter(
    (pair): pair is [string, string] => typeof pair[1] === "string",
  );
  return {
    kind: "decided",
    status,
    body,
    headers: Object.fromEntries(pairs),
    warnings,
    revision: textOf(revision),
    isPresent: isPresent === true,
    entries,
  };
}

function entriesOf(json: JsonObject): Json[] | undefined {
  return listOf(json["entries"], entriesMax, (each: Json) => each);
}

function textOrNothing(json: Json): string | undefined {
  return typeof json === "string" ? json : undefined;
}

function textOf(json: Json | undefined): string {
  return typeof json === "string" ? json : "";
}
