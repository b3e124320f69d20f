import type { Instant } from "@beemesh/base";
import type { Standing, Statement } from "./message.ts";

/** A question about a replica that is under way. */
interface Check {
  readonly stage: "direct" | "indirect";
  /** When an answer no longer counts. */
  readonly until: Instant;
  /** Helpers that have not answered yet. */
  readonly waiting: Set<string>;
}

/** Another replica, as one replica sees it. */
export interface Replica {
  readonly uid: string;
  standing: Standing;
  incarnation: number;
  /** Since when it stands so. */
  since: Instant;
  /** When it was last heard itself. */
  heardAt: Instant;
  check: Check | undefined;
  /** Who has been asked about it since it was last known to be there. */
  readonly asked: Set<string>;
  /** How often it is to be checked again before it is lost. */
  checksLeft: number;
  /** The incarnation in which it was last told to its face that it is doubted; -1 for none. */
  daredIn: number;
  /** Of a lost one: when to think about asking for its clone. */
  speakAt: Instant;
}

/** A replica that is new here counts as just heard. */
export function replicaOf(uid: string, now: Instant): Replica {
  return {
    uid,
    standing: 0,
    incarnation: 0,
    since: now,
    heardAt: now,
    check: undefined,
    asked: new Set(),
    checksLeft: 0,
    daredIn: -1,
    speakAt: now,
  };
}

/**
 * Whether a statement is news about a replica: a higher incarnation is, and in the same one what
 * is worse. The order is total, so that all come to believe the same.
 */
export function isNews(
  [, standing, incarnation]: Statement,
  replica: Pick<Replica, "standing" | "incarnation">,
): boolean {
  if (incarnation !== replica.incarnation) return incarnation > replica.incarnation;
  return standing > replica.standing;
}

/** What there is to say about a replica. */
export function statementOf({ uid, standing, incarnation }: Replica): Statement {
  return [uid, standing, incarnation];
}
