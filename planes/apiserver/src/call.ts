import type { Ledger } from "@beemesh/admission";
import type { Now, Random } from "@beemesh/base";
import type { KubeObject } from "@beemesh/model";
import type {
  ApiReply,
  ApiRequest,
  MachineUsage,
  ObjectStore,
  TokenAuthority,
} from "@beemesh/ports";
import type { Knows, RoleBook } from "./access/role-book.ts";
import type { Counsel } from "./admission/counsel.ts";
import type { Expressions } from "./admission/expression.ts";
import type { RequestInfo } from "./request-info.ts";
import { notFound, type Outcome } from "./status.ts";
import type { View } from "./view.ts";
import type { WatchSet } from "./watch-set.ts";

/** What all calls share. */
export interface ApiContext {
  readonly store: ObjectStore;
  readonly random: Random;
  /** Makes an RFC 4122 identifier that nobody has had before. */
  readonly makeUid: () => string;
  readonly view: View;
  readonly watches: WatchSet;
  /** Who may do what. */
  readonly book: RoleBook;
  /** Whether all of a collection is on this machine. */
  readonly knows: Knows;
  /** What machines have told of what they use; the newest of each. */
  readonly usage: () => readonly MachineUsage[];
  /** Undefined where nobody gives tokens. */
  readonly tokens: TokenAuthority | undefined;
  /** What is taken of each quota. */
  readonly ledger: Ledger;
  /** Rules in CEL. */
  readonly expressions: Expressions;
}

/** One request for objects, while it is being answered. */
export interface Call {
  readonly context: ApiContext;
  readonly request: ApiRequest;
  readonly info: RequestInfo;
  readonly now: Now;
  /** What webhooks have said about it so far. */
  readonly counsel: Counsel;
}

/** Answers one call. */
export type Handler = (call: Call) => ApiReply;

/** The stored object that the call's path names. */
export function storedObject({ context, info }: Call): Outcome<KubeObject> {
  const object = context.store.get(info.resource, info.namespace, info.name);
  return object === undefined
    ? { ok: false, status: notFound(info.resource, info.name) }
    : { ok: true, value: object };
}
