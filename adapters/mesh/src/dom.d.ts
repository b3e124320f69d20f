import type { webcrypto } from "node:crypto";

/**
 * Names of the browser's type library that the declarations of libp2p use. Node has the values;
 * its declarations keep these names to themselves.
 */
declare global {
  interface EventInit {
    bubbles?: boolean;
    cancelable?: boolean;
    composed?: boolean;
  }

  interface CustomEventInit<Detail = unknown> extends EventInit {
    detail?: Detail;
  }

  type JsonWebKey = webcrypto.JsonWebKey;
  type CryptoKeyPair = webcrypto.CryptoKeyPair;
}
