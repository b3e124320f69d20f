import { instantAt, seededRandom } from "@beemesh/base";
import { conformsToObjectStore } from "../../../test/conformance/object-store.ts";
import { signerOf, startMs, trustingVerifier } from "./lossy-network.test.ts";
import { Objects } from "./objects.ts";
import { Registry } from "./registry.ts";

conformsToObjectStore("Objects over a Registry", () => {
  const registry = new Registry({
    self: "ann",
    signer: signerOf("ann"),
    verifier: trustingVerifier,
    random: seededRandom(1),
  });
  return new Objects({ self: "ann", registry, now: { at: instantAt(0), wallMs: startMs } });
});
