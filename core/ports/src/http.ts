import type { Json } from "@beemesh/wire";
import type { Consultation } from "./webhook.ts";

/** Who asks, as the client certificate or the token says. */
export interface User {
  readonly name: string;
  readonly groups: readonly string[];
  /** Of a ServiceAccount; certificates have none. */
  readonly uid?: string;
  /** What else is known, such as the pod that holds the token. */
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** As whom the asker wants to act: `Impersonate-User` and its kin, not yet allowed. */
export interface Impersonation {
  /** Empty if only the rest is given, which is an error. */
  readonly user: string;
  readonly groups: readonly string[];
  readonly uid: string;
  readonly extra: Readonly<Record<string, readonly string[]>>;
}

/** A request to the API, parsed at the edge: the body is read, decoded and within its limits. */
export interface ApiRequest {
  readonly method: string;
  /** Without the query, percent-decoded by segment, such as `["api", "v1", "pods"]`. */
  readonly path: readonly string[];
  readonly query: ReadonlyMap<string, readonly string[]>;
  readonly accept: string;
  readonly contentType: string;
  /** Decoded from JSON, YAML or protobuf; undefined without a body. */
  readonly body: Json | undefined;
  /** What is said of members that the body gives an object twice; the last of each counts. */
  readonly doubled?: readonly string[];
  readonly user: User;
  readonly impersonation?: Impersonation;
  /** The program that asks, as its `User-Agent` header says. */
  readonly userAgent?: string;
  /**
   * The uid of the object that the request creates, and what its generated name is drawn from:
   * whoever answers the request a second time makes the same object.
   */
  readonly uid?: string;
  /** The tags of the copies that the client has, as its `If-None-Match` header says. */
  readonly ifNoneMatch?: string;
}

/** Text that is sent as it comes, such as the events of a watch. */
export interface ReplySink {
  /** False when the client reads too slowly: the stream should end. */
  write(text: string): boolean;
  end(): void;
}

/** What is streamed between the client and a container; the app connects the two ends. */
export type Tunnel = {
  readonly kind: "log" | "exec" | "attach" | "portforward";
  readonly namespace: string;
  readonly pod: string;
  readonly uid: string;
  readonly machine: string;
  readonly container: string;
  readonly query: ReadonlyMap<string, readonly string[]>;
};

/** A program that a request is passed on to: a pod, or whichever a Service chooses. */
export interface ProxyTarget {
  readonly scheme: "http" | "https";
  readonly to:
    | {
        readonly kind: "pod";
        readonly uid: string;
        readonly machine: string;
        readonly port: number;
      }
    | {
        readonly kind: "service";
        readonly namespace: string;
        readonly name: string;
        /** Number or name; empty for the only one. */
        readonly port: string;
      };
}

/** What is sent to the client. */
export type FinalReply =
  | {
      readonly kind: "json";
      readonly status: number;
      readonly body: unknown;
      readonly warnings?: readonly string[];
      readonly headers?: Readonly<Record<string, string>>;
      /** Sent only when the write is held widely enough. */
      readonly ticket?: number;
    }
  | {
      readonly kind: "bytes";
      readonly status: number;
      readonly contentType: string;
      readonly body: Uint8Array | string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** `open` starts the stream and returns how to stop it. The headers are flushed at once. */
  | {
      readonly kind: "stream";
      readonly status: number;
      readonly contentType: string;
      readonly open: (sink: ReplySink) => () => void;
    }
  | { readonly kind: "tunnel"; readonly tunnel: Tunnel }
  /** The request itself is passed on, with its body, and the answer passed back. */
  | { readonly kind: "proxy"; readonly target: ProxyTarget };

/** What the API says to a request: the reply, or whom to ask before there can be one. */
export type ApiReply = FinalReply | Consultation;
