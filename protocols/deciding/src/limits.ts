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
