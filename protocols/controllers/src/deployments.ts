import {
  type Deployment,
  derivedUid,
  isDeployment,
  type KubeObject,
  type ReplicaSet,
  replicaSetOf,
} from "@beemesh/model";
import { deploymentStatus, statusText } from "./deployment-status.ts";
import { deploymentResource, namespaceResource, replicaSetResource } from "./kinds.ts";
import type { Action } from "./patience.ts";
import {
  type Revision,
  type Revisions,
  revisionAnnotation,
  revisionOf,
  revisionsOf,
} from "./revisions.ts";
import { firstSize, nextSizes, type Resize, sizeMarks } from "./rollout.ts";
import { timestampOf } from "./timestamp.ts";
import {
  adopting,
  fine,
  isEnding,
  type Look,
  putting,
  puttingCounts,
  refOf,
  removing,
  type View,
} from "./view.ts";

/** Kubernetes' own default. */
const historyDefault = 10;

/**
 * A Deployment's own record is its users': it is annotated only when it has been left alone for
 * this long, so that no write of theirs that is still on its way is overwritten.
 */
const annotateAfterMs = 2000;

/** Annotation of a ReplicaSet: the revisions that it has been before. */
const historyAnnotation = "deployment.kubernetes.io/revision-history";

/** Rolls a Deployment out: one ReplicaSet a template, resized step by step. */
export const lookAtDeployment: Look = (object, view) => {
  if (!isDeployment(object) || isEnding(object)) return fine;
  const revisions = revisionsOf(object, view);
  const { status, againInMs } = deploymentStatus(object, revisions, view.now.wallMs);
  const told = statusText(status);
  const isNews = told !== statusText(isRecord(object.status) ? object.status : {});
  const actions = [
    ...revisions.orphans.map((set) => adopting(object, replicaSetResource, set)),
    ...numbering(object, revisions),
    ...sizing(object, revisions, view),
    ...cleaning(object, revisions),
    ...(isNews ? [puttingCounts(told, deploymentResource, { ...object, status })] : []),
  ];
  const waitMs = Math.min(againInMs, revisions.nextInMs);
  return waitMs === Infinity ? { actions } : { actions, againInMs: waitMs };
};

/** The revision of the present template is one more than any other: also after going back. */
function numbering(deployment: Deployment, { current, earlier }: Revisions): Action[] {
  if (current === undefined) return [];
  const last = Math.max(0, ...earlier.map(({ set }) => revisionOf(set)));
  const own = revisionOf(current.set);
  const revision = Math.max(own, last + 1);
  const actions: Action[] = [];
  if (revision !== own) actions.push(renumber(current.set, revision));
  const told = deployment.metadata.annotations?.[revisionAnnotation];
  if (told !== String(revision)) {
    const annotated = annotate(deployment, { [revisionAnnotation]: String(revision) });
    const action = putting(`revision ${revision}`, deploymentResource, annotated);
    actions.push({ ...action, settleMs: annotateAfterMs });
  }
  return actions;
}

function renumber(set: ReplicaSet, revision: number): Action {
  const own = revisionOf(set);
  const past = set.metadata.annotations?.[historyAnnotation];
  const history = own === 0 ? past : [past, String(own)].filter(Boolean).join(",");
  const annotated = annotate(set, {
    [revisionAnnotation]: String(revision),
    ...(history === undefined ? {} : { [historyAnnotation]: history }),
  });
  return putting(`renumber ${set.metadata.uid} ${revision}`, replicaSetResource, annotated);
}

function sizing(deployment: Deployment, revisions: Revisions, view: View): Action[] {
  const { current, earlier } = revisions;
  const { strategy, paused = false } = deployment.spec;
  const resizes = nextSizes(deployment, revisions).map((each) => resize(deployment, each));
  if (current !== undefined || paused || isNamespaceEnding(deployment, view)) return resizes;
  // A new number of replicas comes before a new template: both at once would be too many pods.
  if (resizes.length > 0) return resizes;
  const isBlocked = strategy?.type === "Recreate" && earlier.some(({ present }) => present > 0);
  return isBlocked ? resizes : [...resizes, creation(deployment, revisions, view)];
}

function creation(deployment: Deployment, revisions: Revisions, view: View): Action {
  const replicas = firstSize(deployment, revisions);
  const last = Math.max(0, ...revisions.earlier.map(({ set }) => revisionOf(set)));
  const derived = replicaSetOf(deployment);
  const { name } = derived.metadata;
  const set: KubeObject = {
    ...derived,
    metadata: {
      ...derived.metadata,
      uid: freshUid(derived, view),
      generation: 1,
      creationTimestamp: timestampOf(view.now.wallMs),
      annotations: {
        ...derived.metadata.annotations,
        [revisionAnnotation]: String(last + 1),
        ...sizeMarks(deployment),
      },
    },
    spec: { ...derived.spec, replicas },
  };
  const action = putting(`create ${name}`, replicaSetResource, set);
  return scaled(action, deployment, `Scaled up replica set ${name} from 0 to ${replicas}`);
}

/** Computed, so that two keepers make one ReplicaSet; another one if that has been deleted. */
function freshUid({ metadata }: ReplicaSet, { census }: View): string {
  let uid = metadata.uid ?? "";
  while (census.wasDeleted(uid)) uid = derivedUid(uid);
  return uid;
}

function resize(deployment: Deployment, { revision, to }: Resize): Action {
  const { set, wanted } = revision;
  const { name, uid, generation = 1 } = set.metadata;
  const marks = sizeMarks(deployment);
  const sized = annotate({ ...set, spec: { ...set.spec, replicas: to } }, marks);
  if (to === wanted) {
    return putting(`mark ${uid} ${Object.values(marks).join()}`, replicaSetResource, sized);
  }
  const metadata = { ...sized.metadata, generation: generation + 1 };
  const action = putting(`scale ${uid} from ${wanted} to ${to}`, replicaSetResource, {
    ...sized,
    metadata,
  });
  const verb = to > wanted ? "up" : "down";
  return scaled(action, deployment, `Scaled ${verb} replica set ${name} from ${wanted} to ${to}`);
}

/** Forgets the oldest revisions, once the present one is all there is. */
function cleaning(deployment: Deployment, { current, earlier }: Revisions): Action[] {
  const { revisionHistoryLimit = historyDefault, replicas = 1 } = deployment.spec;
  if (current === undefined || current.available < replicas) return [];
  const idle = earlier
    .filter(({ wanted, present }: Revision) => wanted === 0 && present === 0)
    .toSorted((a, b) => revisionOf(a.set) - revisionOf(b.set));
  const surplus = Math.max(0, idle.length - revisionHistoryLimit);
  return idle.slice(0, surplus).map(({ set }) => removing(replicaSetResource, set));
}

function isNamespaceEnding({ metadata }: Deployment, { store }: View): boolean {
  const namespace = store.get(namespaceResource, "", metadata.namespace ?? "");
  return namespace !== undefined && isEnding(namespace);
}

function annotate(object: KubeObject, annotations: Readonly<Record<string, string>>): KubeObject {
  const { metadata } = object;
  const all = { ...metadata.annotations, ...annotations };
  return { ...object, metadata: { ...metadata, annotations: all } };
}

function scaled(action: Action, deployment: Deployment, message: string): Action {
  const object = refOf(deployment);
  const reason = "ScalingReplicaSet";
  return {
    ...action,
    effects: [...action.effects, { kind: "event", object, type: "Normal", reason, message }],
  };
}

function isRecord(value: unknown): value is Readonly<Record<string, never>> {
  return typeof value === "object" && value !== null;
}
