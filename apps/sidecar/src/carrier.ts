import {
  acceptedFrame,
  CarrierLife,
  CarrierReader,
  type CarrierRefusal,
  type CarrierRole,
  type CarrierSignal,
  type CarrierSink,
  dataHeader,
  endFrame,
  headerBytes,
  type Opening,
  openFrame,
  refusedFrame,
  resetFrame,
  writeDataHeader,
} from "@beemesh/carrier";
import { settle, type TlsStream, withRoomBefore } from "@beemesh/kernel";

/** Up to here it takes less time to copy bytes behind their header than to write both. */
const copiedBytesMax = 8192;

/** What a small frame is put together in; it is sent at once. */
const frameMemory = new Uint8Array(headerBytes + copiedBytesMax);

/** Whose connection a carrier carries. Told no more after `onRefused`, `onReset` or `onOver`. */
export interface CarrierUser {
  /** Whether `onData` settles no promise and asks nothing of Node. */
  readonly isQuiet?: boolean;
  onAccepted(): void;
  onRefused(refusal: CarrierRefusal): void;
  /**
   * The bytes are another's as soon as this returns. `isLast` if the DATA frame, which of UDP is a
   * datagram, ends here.
   */
  onData(bytes: Uint8Array, isLast: boolean): void;
  onEnd(): void;
  /** The other end broke off, or the carrier was lost. The carrier is another's from here on. */
  onReset(): void;
  /** Both ends have said their end. The carrier is another's from here on. */
  onOver(): void;
  /** The carrier takes bytes again after `send` gave false. */
  onDrain(): void;
}

/** Who keeps carriers. */
export interface CarrierKeeper {
  /** The other end opens a connection; whoever is to use the carrier says so in `use`. */
  onOpen(carrier: Carrier, opening: Opening): void;
  /** The carrier is free again. */
  onIdle(carrier: Carrier): void;
  /** The carrier is lost. */
  onLost(carrier: Carrier): void;
}

/** TLS to another sidecar, and the connection that it carries at the time. */
export class Carrier implements CarrierSink {
  readonly #tls: TlsStream;
  readonly #life: CarrierLife;
  readonly #keeper: CarrierKeeper;
  readonly #reader: CarrierReader = new CarrierReader(this);
  #user: CarrierUser | undefined;
  /** From an opening until both directions have ended. */
  #isBusy = false;
  #isLost = false;
  /** What came for a connection that has no user yet: no more than one chunk, then it is paused. */
  #early: ((user: CarrierUser) => void)[] = [];
  #isBrokenOff = false;

  /** `tls` has shaken hands, and its other end is known. */
  constructor(tls: TlsStream, role: CarrierRole, keeper: CarrierKeeper) {
    this.#tls = tls;
    this.#life = new CarrierLife(role);
    this.#keeper = keeper;
    tls.read({
      isQuiet: true,
      onData: (chunk) => {
        if (!this.#reader.read(chunk)) this.destroy();
      },
      onDrain: () => this.#user?.onDrain(),
      onEnd: () => this.destroy(),
      onClose: () => this.destroy(),
    });
  }

  get isIdle(): boolean {
    return this.#life.isReusable;
  }

  /** Asks for a connection; what `user` sends may follow at once. The carrier must be idle. */
  open(opening: Opening, user: CarrierUser): void {
    this.#life.send("open");
    this.#isBusy = true;
    this.#user = user;
    this.#tls.write(openFrame(opening));
  }

  /** Whether the connection that the other end has opened is still of use to it. */
  get isWanted(): boolean {
    return !this.#isLost && !this.#isBrokenOff;
  }

  /** Whose connection this is, which the other end has opened, and which is accepted. */
  use(user: CarrierUser): void {
    this.#life.send("accepted");
    this.#tls.write(acceptedFrame());
    this.#user = user;
    for (const tell of this.#early.splice(0)) tell(user);
    this.resume();
    this.#afterLast();
  }

  /** Refuses what the other end has opened, which then has no user. */
  refuse(refusal: CarrierRefusal): void {
    if (!this.#life.maySend("refused")) return;
    this.#user = undefined;
    this.#early = [];
    this.#tls.write(refusedFrame(refusal));
    this.#life.send("refused");
    this.resume();
    this.#afterLast();
  }

  /** Sends bytes, which are the sender's again after this. @returns False if it should wait. */
  send(bytes: Uint8Array): boolean {
    const tls = this.#tls;
    const { length } = bytes;
    // What was just read from elsewhere has room before it: nothing is copied.
    const inPlace = withRoomBefore(bytes, headerBytes);
    if (inPlace !== undefined) {
      writeDataHeader(inPlace, length);
      return tls.write(inPlace);
    }
    if (length > copiedBytesMax) {
      tls.write(dataHeader(length));
      return tls.write(bytes);
    }
    writeDataHeader(frameMemory, length);
    frameMemory.set(bytes, headerBytes);
    return tls.write(frameMemory.subarray(0, headerBytes + length));
  }

  /** Whether bytes may be sent. */
  get maySend(): boolean {
    return this.#life.maySend("data");
  }

  /** Says that nothing more will be sent. */
  end(): void {
    if (!this.#life.maySend("end")) return;
    this.#tls.write(endFrame());
    this.#life.send("end");
    this.#afterLast();
  }

  /**
   * Breaks the connection off. A carrier whose end has been said already can say nothing more, and
   * is given up instead.
   */
  reset(): void {
    this.#user = undefined;
    if (this.#life.maySend("reset")) {
      this.#tls.write(resetFrame());
      this.#life.send("reset");
      this.resume();
      this.#afterLast();
    } else if (this.#life.awaitsLast) this.destroy();
  }

  /** Takes no more bytes from the other end; what was read already is passed on. */
  pause(): void {
    this.#tls.pause();
  }

  resume(): void {
    this.#tls.resume();
  }

  destroy(): void {
    if (this.#isLost) return;
    this.#isLost = true;
    this.#life.kill();
    this.#tls.destroy();
    const user = this.#user;
    this.#user = undefined;
    user?.onReset();
    this.#keeper.onLost(this);
  }

  onOpen(opening: Opening): void {
    settle();
    if (!this.#receive("open")) return;
    this.#isBusy = true;
    this.#keeper.onOpen(this, opening);
  }

  onRefused(refusal: CarrierRefusal): void {
    settle();
    if (!this.#receive("refused")) return;
    const user = this.#user;
    this.#user = undefined;
    user?.onRefused(refusal);
    this.reset();
    this.#afterLast();
  }

  onSignal(signal: CarrierSignal): void {
    settle();
    if (!this.#receive(signal)) return;
    if (signal === "accepted") this.#user?.onAccepted();
    if (signal === "end") this.#tell((user) => user.onEnd());
    if (signal === "reset") this.#onBreakOff();
    this.#afterLast();
  }

  onData(bytes: Uint8Array, isLast: boolean): void {
    if (!this.#receive("data") || this.#life.isDiscarding) return;
    if (this.#user === undefined) {
      const kept = Uint8Array.from(bytes);
      this.#early.push((user) => user.onData(kept, isLast));
    } else {
      if (this.#user.isQuiet !== true) settle();
      this.#user.onData(bytes, isLast);
    }
  }

  #onBreakOff(): void {
    const user = this.#user;
    this.#isBrokenOff = true;
    this.#user = undefined;
    user?.onReset();
    this.reset();
  }

  #tell(tell: (user: CarrierUser) => void): void {
    if (this.#user !== undefined) tell(this.#user);
    else if (!this.#life.isDiscarding) this.#early.push(tell);
  }

  #receive(kind: "open" | "refused" | "data" | CarrierSignal): boolean {
    const isAllowed = this.#life.receive(kind);
    if (!isAllowed) this.destroy();
    return isAllowed;
  }

  /** If that was the end of both directions, the carrier is free. */
  #afterLast(): void {
    if (!this.#isBusy || !this.#life.isReusable) return;
    this.#isBusy = false;
    this.#isBrokenOff = false;
    this.#early = [];
    const user = this.#user;
    this.#user = undefined;
    user?.onOver();
    this.resume();
    this.#keeper.onIdle(this);
  }
}
