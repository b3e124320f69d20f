/**
 * A carrier is what runs inside TLS between two sidecars: frames that carry one connection of an
 * application at a time, and many after each other.
 *
 * @module
 */

export {
  acceptedFrame,
  dataHeader,
  dataLengthMax,
  endFrame,
  headerBytes,
  openFrame,
  refusedFrame,
  resetFrame,
  textBytesMax,
  writeDataHeader,
} from "./frame.ts";
export { CarrierLife, type CarrierPhase, type CarrierRole } from "./life.ts";
export {
  type CarriedProtocol,
  type CarrierRefusal,
  type Opening,
  readCarrierRefusal,
  readOpening,
} from "./opening.ts";
export { CarrierReader, type CarrierSignal, type CarrierSink } from "./reader.ts";
