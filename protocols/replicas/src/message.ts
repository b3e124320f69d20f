import {
  isJsonObject,
  type Json,
  type JsonLimits,
  type JsonObject,
  parseJson,
} from "@beemesh/wire";
import { newsMax, uidLengthMax } from "./limits.ts";

/** How a replica is held to be: 0 alive, 1 in doubt, 2 lost. */
export type Standing = 0 | 1 | 2;

/**
 * "I have heard that this replica, in this incarnation of its, stands so." Only the replica itself
 * goes to a higher incarnation, to contradict.
 */
export type Statement = readonly [uid: string, standing: Standing, incarnation: number];

/** What the watches of two replicas say to each other. Each is complete in itself. */
export type WatchMessage =
  /** "Are you there?" That it was accepted is the answer. */
  | { readonly k: "ping"; readonly n: readonly Statement[] }
  /** "I do not reach replica `u`. Do you?" Answered by `told`. */
  | { readonly k: "ask"; readonly u: string; readonly n: readonly Statement[] }
  | {
      readonly k: "told";
      readonly u: string;
      readonly ok: boolean;
      readonly n: readonly Statement[];
    };

/** A message's text: its statements, and little else. */
export const messageLimits: JsonLimits = { lengthMax: 1024, depthMax: 4 };

/** The text of a message. */
export function watchMessageText(message: WatchMessage): string {
  return JSON.stringify(message);
}

/** Reads a message's text; undefined for what no honest peer sends. */
export function parseWatchMessage(text: string): WatchMessage | undefined {
  return readWatchMessage(parseJson(text, messageLimits));
}

/** Reads a message that came as JSON; undefined for what no honest peer sends. */
export function readWatchMessage(json: Json | undefined): WatchMessage | undefined {
  if (!isJsonObject(json)) return undefined;
  const n = statementsOf(json);
  if (n === undefined) return undefined;
  const { k, u, ok } = json;
  if (k === "ping") return { k, n };
  if (!isUid(u)) return undefined;
  if (k === "ask") return { k, u, n };
  return k === "told" && typeof ok === "boolean" ? { k, u, ok, n } : undefined;
}

function statementsOf({ n }: JsonObject): readonly Statement[] | undefined {
  if (!Array.isArray(n) || n.length > newsMax) return undefined;
  const items: readonly Json[] = n;
  return items.every((item) => isStatement(item)) ? items.filter(isStatement) : undefined;
}

function isStatement(json: Json): json is Statement & Json {
  if (!Array.isArray(json) || json.length !== 3) return false;
  const [uid, standing, incarnation] = json;
  const isStanding = standing === 0 || standing === 1 || standing === 2;
  return isUid(uid) && isStanding && isIncarnation(incarnation);
}

/** Whether a value is the uid of a pod, or of what else can be a replica. */
export function isUid(json: Json | undefined): json is string {
  return typeof json === "string" && json.length <= uidLengthMax && /^[\w.:-]+$/u.test(json);
}

/** Incarnations stay far below 2^53, so that a replica can always go one higher. */
function isIncarnation(json: Json | undefined): json is number {
  return typeof json === "number" && Number.isInteger(json) && json >= 0 && json < 2 ** 48;
}
