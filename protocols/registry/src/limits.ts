/**
 * Every limit of the registry, with its reason. What comes from a peer is bounded by these before
 * it is kept, so that no peer can make a machine grow.
 */
import { messageBytesMax } from "@beemesh/ports";
import { objectLimits } from "@beemesh/wire";

/** Machines that keep a collection: with two of them lost at once, three still hold it. */
export const keepersMax = 5;

/** A machine that shares something with another for this long counts as brought up to date. */
export const matchMsMax = 5000;

/** A stamp this far ahead of the mesh's time is refused: clocks with NTP differ by far less. */
export const stampAheadMsMax = 10 * 60_000;

/** Body of one entry, in UTF-16 code units: what the API accepts of one object. */
export const bodyLengthMax = objectLimits.lengthMax;

/** One entry in a message, in bytes; the rest of the message is its envelope. */
export const entryBytesMax = messageBytesMax - 4096;

/** A batch of entries: half a message, so that one more small entry never overflows it. */
export const batchBytesMax = messageBytesMax / 2;

/** Entries of one message. At 256 bytes an entry this is one batch. */
export const entriesPerMessageMax = 4096;

/** Batches that one incoming message can draw: the rest is asked for again. */
export const batchesPerStepMax = 4;

/** Older versions that are remembered to hold no news, so that they are not asked for again. */
export const coveredMax = 4096;

/** Items of any other list in a message. */
export const itemsPerMessageMax = 5000;

/** A range with no more entries than this on both sides is listed instead of split. */
export const listedRangeMax = 48;

/** Entries in a leaf of the fingerprint tree before it splits sixteenfold. */
export const leafItemsMax = 32;

/** Collections that a difference is narrowed down to before they are named one by one. */
export const listedScopesMax = 24;

/** How often two machines compare what they share, give or take a fifth. */
export const digestEveryMs = 30_000;

/** An equal digest this young makes one's own needless. */
export const digestFreshMs = 20_000;

/** How long one peer alone fills a large gap of a collection before another may. */
export const fillingMs = 1000;

/** First wait for an acknowledgement; doubled up to the maximum. */
export const resendMsMin = 500;
export const resendMsMax = 30_000;

/** How long the writer waits for keepers before it says how many hold the write. */
export const acknowledgeMsMax = 1500;

/** Writes on their way; more, and the oldest are left to the repair between keepers. */
export const deliveriesMax = 50_000;

/** Entries handed to the keepers at one time by a machine that is none any more. */
export const handoffBatch = 2000;

/** Entries of others held although neither kept, followed nor of interest. */
export const fosteredMax = 10_000;

/** How often garbage is looked for, and what is not ours handed over. */
export const sweepEveryMs = 60_000;

/** Collections whose keepers are remembered; of more they are found anew each time. */
export const ordersMax = 20_000;

/** What comes here and is for others to keep is handed to them after this. */
export const strangersMsMax = 10_000;

/** A deletion is remembered for longer than any partition that is promised to heal. */
export const tombstoneMsMax = 7 * 24 * 3_600_000;

/** A status of a replaced object is garbage after this, when nobody can still report it. */
export const strayStatusMs = 10 * 60_000;

/** Changes that a keeper remembers of a collection with followers, to resume them. */
export const feedLogMax = 512;

/** After it has told its followers, a keeper gathers what comes next for so long. */
export const gatherMs = 50;

/** After it has written to a peer, a machine gathers for so long what it writes to it next. */
export const packMs = 10;

/** Messages overtake each other: so long a follower waits before it asks for what it lacks. */
export const overtakeMs = 200;

/** Pieces of a log that a follower remembers beyond a gap; of more it asks for all again. */
export const piecesMax = 64;

/** Followers of one collection, and collections that one peer may follow here. */
export const followersMax = 1024;
export const followedPerPeerMax = 1024;

/** A follower renews its subscription this often, and is forgotten after three silences. */
export const renewEveryMs = 30_000;
export const subscriptionMs = 3 * renewEveryMs;

/** A keeper that does not answer a subscription for this long is left for the next one. */
export const answerMsMax = 5000;

/** Certificates in one message, and the characters of one: its statements are far shorter. */
export const certificatesPerMessageMax = 16;
export const certificateLengthMax = 16 * 1024;

/** Authors never met that are asked about, and how soon again: their entries come again too. */
export const strangersMax = 1024;
export const introduceAgainMs = 5000;

/** Peers whose clocks are asked to agree on the time, and how long their word counts. */
export const clockSamplesMax = 64;
export const clockSampleMs = 5 * 60_000;
