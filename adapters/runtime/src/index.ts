/**
 * Runs pods on this computer: with Podman where there is one, as plain processes elsewhere. Both
 * drivers implement the `Runtime` port and pass `test/conformance/runtime.ts`.
 *
 * @module
 */

export { createRuntime, type RuntimeOptions } from "./create-runtime.ts";
export { helloImage, makeHelloImage } from "./hello-image.ts";
export type { ImageImporter, ImageSource } from "./image-source.ts";
export { unmountUnder } from "./mounts.ts";
export { makeNamespaces, namespacePath, type PodNamespaces } from "./namespaces.ts";
export { sidecarEnvironment, sidecarNodeFlags } from "./node-flags.ts";
export { type PodmanOptions, PodmanRuntime } from "./podman.ts";
export { type ProcessOptions, ProcessRuntime } from "./process.ts";
export { processesOfStore, removeProcessPod, type StoredProcess } from "./process-store.ts";
export { type ProgramSite, Sidecars, type SidecarsOptions } from "./sidecars.ts";
export { destroyStore, forgetBoot, killStore, outsideOfStore } from "./store.ts";
