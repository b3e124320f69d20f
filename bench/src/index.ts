/**
 * Benchmarks: one file a question, one shape of answer.
 *
 * @module
 */

export { type ApiSize, benchApi } from "./api.ts";
export { benchApply } from "./apply.ts";
export { benchHeal } from "./heal.ts";
export { benchIdle } from "./idle.ts";
export { createPodmanTimer, type PodmanTimer } from "./podman-timer.ts";
export { benchProxy, benchSidecar } from "./proxy.ts";
export { type BenchReport, drawReport, type Figure, figureOf, quantile } from "./report.ts";
