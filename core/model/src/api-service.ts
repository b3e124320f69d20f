/** How programs in pods find the API: the Service that each cluster has. */

/** The namespace of the Service `kubernetes`. */
export const apiNamespace = "default";

/** Its name. */
export const apiServiceName = "kubernetes";

/** Its address: the first of the range of Services, as a cluster gives it. */
export const apiServiceAddress = "10.96.0.1";

/** Its port. */
export const apiServicePort = 443;

/** Annotation of a Node: the port of the API on its machine. */
export const apiMark = "beemesh.io/api-port";

/** Whether an object is the Service `kubernetes`, or tells by its name who stands behind it. */
export function isOfApi(namespace: string | undefined, name: string): boolean {
  return namespace === apiNamespace && name === apiServiceName;
}
