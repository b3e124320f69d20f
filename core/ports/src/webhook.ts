import type { Now } from "@beemesh/base";
import type { Json } from "@beemesh/wire";
import type { ApiReply } from "./http.ts";

/** One question to a program outside, before a request can be answered. */
export interface WebhookCall {
  /** With the query; of a Service, by the name that its certificate has. */
  readonly url: string;
  /** The Service behind it, which is reached in the mesh; undefined for an address outside. */
  readonly service?: {
    readonly namespace: string;
    readonly name: string;
    readonly port: number;
  };
  /** PEM, in base64; empty for the authorities that the machine itself believes. */
  readonly caBundle: string;
  /** An answer that takes longer counts as none. */
  readonly timeoutMs: number;
  /** An AdmissionReview. */
  readonly review: unknown;
}

/** What came back, parsed; or why nothing did, in the words of kube-apiserver. */
export type WebhookAnswer =
  | {
      readonly ok: true;
      readonly body: Json;
      /** What `response.patch` says in base64; undefined for none, and for what is no JSON. */
      readonly patch?: Json | undefined;
    }
  | { readonly ok: false; readonly reason: string };

/**
 * A request that waits for answers from outside. Nothing is written yet; `resume` thinks the whole
 * request over by what is stored then.
 */
export interface Consultation {
  readonly kind: "consult";
  readonly calls: readonly WebhookCall[];
  /** @param answers - One for each call, in their order. */
  readonly resume: (answers: readonly WebhookAnswer[], now: Now) => ApiReply;
}
