/**
 * Bidding: how a pod finds a machine with nobody in charge.
 *
 * Who wants pods placed opens an auction at its {@link Auctioneer}; every machine's {@link Bidder}
 * answers with how gladly it would take them; the best get an award, keep the capacity by a short
 * lease, and confirm. Tasks, bids and awards are signed.
 *
 * Pure: time and messages come in as arguments, everything to be done comes out as effects.
 *
 * @module
 */

export { type AuctionOptions, auctionDefaults } from "./auction.ts";
export { Auctioneer, type AuctioneerSetup } from "./auctioneer.ts";
export { Bidder, type BidderSetup } from "./bidder.ts";
export { smallMeshMax } from "./call.ts";
export { decodeBiddingMessage } from "./decode.ts";
export type {
  AuctioneerEffect,
  AuctioneerEvent,
  BidderEffect,
  BidderEvent,
  TaskRequest,
} from "./effect.ts";
export { describeFailure, describePreemption } from "./failure.ts";
export { type Fit, fit } from "./fit.ts";
export { type Amounts, longevityOf, type MachineOffer } from "./machine-offer.ts";
export {
  type Award,
  type Bid,
  type BiddingMessage,
  entriesMax,
  isForBidder,
  podsMax,
  type Task,
} from "./message.ts";
export { type Occupancy, type Occupant, preemptionFor } from "./preemption.ts";
export {
  type HostPort,
  hostnameLabel,
  type Requirements,
  requirementsOf,
  type Spread,
} from "./requirements.ts";
export { isSigned } from "./signing.ts";
