/** What a link has counted since its start. */
export interface Counters {
  /** Messages that were sent, and taken, over direct streams. */
  sent: number;
  received: number;
  published: number;
  heard: number;
  /** Own messages that were not sent: too large, too old, or too many waiting. */
  dropped: number;
  /** Messages of others that were not taken, for their rate. */
  throttled: number;
  /** Frames and messages that no honest peer sends, by kind. */
  oversized: number;
  truncated: number;
  malformed: number;
  foreign: number;
  /** Faults that were held against peers. */
  penalties: number;
  /** Connections refused at the door, and protocols spoken before it. */
  refused: number;
  intrusions: number;
  /** Connections cut because nothing came any more. */
  stalls: number;
}

export function newCounters(): Counters {
  return {
    sent: 0,
    received: 0,
    published: 0,
    heard: 0,
    dropped: 0,
    throttled: 0,
    oversized: 0,
    truncated: 0,
    malformed: 0,
    foreign: 0,
    penalties: 0,
    refused: 0,
    intrusions: 0,
    stalls: 0,
  };
}
