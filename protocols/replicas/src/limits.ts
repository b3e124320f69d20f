/** Between two probes of one replica: each watches one other at a time, whatever there are. */
export const periodMs = 1000;

/** A sidecar answers within a millisecond on one machine and some 300 across the world. */
export const probeMsMax = 400;

/** A helper's probe, and the way there and back. */
export const helpMsMax = 2 * probeMsMax;

/** Others that are asked at first, as in the SWIM paper: two fail together rarely enough. */
export const helpersFirst = 2;

/** Others that are asked before a replica is held to be lost: a majority of fifteen. */
export const helpersMax = 8;

/** How long two replicas doubt before one is lost; of ten times as many twice as long. */
export const suspicionMsFirst = 1500;

/** Whoever doubts asks again in the middle of the time, and at its end. */
export const checksOfDoubted = 2;

/** Replicas that check for themselves what others doubt: those who would ask for the clone. */
export const witnessesMax = 3;

/** Who was heard this short a time ago is not doubted on hearsay. */
export const freshMs = 2000;

/** The next in line asks for the clone when nothing has happened for so long. */
export const takeOverMs = 1500;

/** A clone that nobody made is asked for again after this. */
export const repeatMs = 10_000;

/** A step that comes later than this was not late but paused, and saw nobody's answers. */
export const pauseMsMin = 1000;

/** Statements about replicas in one message: it stays below 1 kB. */
export const newsMax = 8;

/** Replicas that one sidecar watches; as many as the channel tells it of. */
export const replicasMax = 1024;

/** Probes for others under way at once; one is asked of more is asked by a broken peer. */
export const errandsMax = 64;

/** Longest uid: one of Kubernetes has 36 characters. */
export const uidLengthMax = 64;

/** A machine that is asked about a pod of its answers at once; then it is asked again. */
export const askAgainMs = 1000;

/** A claim that nobody could confirm is dropped after this; the sidecars will make it again. */
export const claimMsMax = 10_000;

/** Claims that one machine looks into at once; more are made again. */
export const claimsMax = 256;
