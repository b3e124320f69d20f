/**
 * Every limit of deciding, with its reason. Durations are milliseconds, sizes bytes or, where it
 * says so, characters of JSON.
 */

/** One question or answer: an object of 1.5 MB, its former version and their envelope. */
export const lineBytesMax = 8 * 1024 * 1024;

/** A body is at most 64 deep; the question adds its own members. */
export const depthMax = 72;

/** Records that a question speaks of: the one it is about, its namespace, what was new lately. */
export const recordsMax = 80;

/** Signed entries that one question or answer carries; the rest comes as any news does. */
export const entriesMax = 256;

/** Characters of the entries that one question or answer carries. */
export const entriesLengthMax = 3 * 1024 * 1024;

/** Segments of a path, values of a query, groups of a user: far more than clients send. */
export const partsMax = 512;

/** How long an answer is kept for whoever did not get it: every retry comes sooner. */
export const answerKeptMs = 60_000;

/** Answers kept, and the characters of all of them: what a burst of lost answers needs. */
export const answersMax = 1024;
export const answersLengthMax = 4 * 1024 * 1024;

/** For so long after machines came or went the others are asked before anything is decided. */
export const youthMs = 10_000;

/** How often a machine looks whether it stands still. */
export const pulseMs = 500;

/** Who has heard nothing for so long stood still: others hold a machine dead a little later. */
export const stillMs = 1500;

/** What a machine hears in its first moments afterwards may have waited, and be over. */
export const dazeMs = 1000;

/** Who decides in another's place stamps so far ahead: clocks of machines differ by less. */
export const leadMs = 2000;

/** Leads upon each other, of one who takes over from one who has just taken over: all of youth. */
export const leadsMax = youthMs / leadMs;

/** Collections of which it is known who took them over; of more the oldest are forgotten. */
export const reignsMax = 4096;

/** How long a machine leaves a collection to the one that asked it for that. */
export const deferenceMs = 5000;

/** Collections that are left to others at a time; of more the oldest are one's own again. */
export const deferencesMax = 4096;

/** Writes after which a machine still names what it wrote: by then every keeper has it. */
export const recentMs = 5000;
export const recentMax = 64;

/** Machines asked for one write: all keepers of a collection, some of them more than once. */
export const asksMax = 24;

/** How often all are asked again that cannot decide yet, while one takes over from another. */
export const waitsMax = 6;

/** Who says nothing for so long while it should decide is not at it any more. */
export const silenceMs = 3000;

/** How often whoever waits for a decision is told that it is still under way. */
export const workingMs = 1000;

/** Questions of one machine that are being decided at a time; more are told to wait. */
export const inFlightMax = 256;

/** Machines that a write is passed on to before its asker is told to look elsewhere. */
export const roundsMax = 8;

/** How often a write turns out not to be decided here before its client is told to come again. */
export const turnsMax = 2 * asksMax;

/** How long others may take to say what they hold: they only have to look. */
export const consultMs = 700;

/** How long what is new to this machine may take to come, and how often it is looked for. */
export const knowMs = 1500;
export const lookMs = 20;

/** How long a machine that nobody answers waits until it knows what there is. */
export const settleMs = 4000;

/** How soon all are asked again of whom none could decide. */
export const againMs = 100;

/** What a request is decided by is brought within two waits of two seconds, or is not to be had. */
export const bringMs = 5000;

/** Webhooks of one request end after a minute, and the last of them half a minute later. */
export const handleMs = 120_000;

/** A write that nobody speaks of is given up after 5 s; whoever does not say so has lost it. */
export const confirmMs = 6000;
