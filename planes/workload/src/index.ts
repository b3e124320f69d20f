/**
 * The workload plane of one machine: what names mean, where connections go, who may enter, and
 * who the replicas are, by the records of the registry. Pure: the machine asks, and tells its
 * sidecars.
 *
 * @module
 */

export type { Admission } from "./admission.ts";
export { Directory, type DirectoryOptions } from "./directory.ts";
export type { Impact, Places } from "./impact.ts";
export type { NamesAnswer } from "./names.ts";
export type { Replicas } from "./replicas.ts";
export { apiHost } from "./routes.ts";
export { type Rerouted, routesMax, Subscriptions } from "./subscriptions.ts";
