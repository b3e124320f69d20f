import { ingressAddressMark, ingressClassOf, isForeignClass } from "@beemesh/model";
import { canonicalJson, isJsonObject } from "@beemesh/wire";
import { ingressClassResource, ingressResource, nodeResource } from "./kinds.ts";
import { fine, isEnding, type Look, puttingStatus, type View } from "./view.ts";

/** Addresses of machines that a status tells: a client tries a few, and never a hundred. */
const addressesMax = 16;

/** Machines come and go without a change of the Ingress; it need not be known at once. */
const againMs = 30_000;

/** Tells in the status of an Ingress at which machines the network reaches it. */
export const lookAtIngress: Look = (object, view) => {
  const { store } = view;
  const foreign = store.get(ingressClassResource, "", ingressClassOf(object));
  if (isEnding(object) || (foreign !== undefined && isForeignClass(foreign))) return fine;
  const loadBalancer = { ingress: addressesOf(view).map((ip) => ({ ip })) };
  const before = isJsonObject(object.status) ? object.status : {};
  const isRight =
    canonicalJson(before["loadBalancer"] ?? { ingress: [] }) === canonicalJson(loadBalancer);
  if (isRight) return { actions: [], againInMs: againMs };
  const status = { ...before, loadBalancer };
  const id = `reach ${object.metadata.uid} ${canonicalJson(loadBalancer)}`;
  return {
    actions: [puttingStatus(id, ingressResource, { ...object, status })],
    againInMs: againMs,
  };
};

function addressesOf({ store, members }: View): readonly string[] {
  const nodes = store.list(nodeResource).items;
  const addresses = nodes
    .filter(({ metadata }) => members.isAlive(metadata.name))
    .flatMap(({ metadata }) => metadata.annotations?.[ingressAddressMark] ?? []);
  return [...new Set(addresses)].toSorted().slice(0, addressesMax);
}
