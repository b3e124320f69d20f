/** Rows of what says who may do what, and of certificates that are asked for. */
import { ageColumn, column, nameColumn, nameOf, objectAge, wideColumn } from "./cell.ts";
import type { Printer } from "./column.ts";
import { fieldAt, listAt, textAt } from "./field.ts";
import { formatAge } from "./timestamp.ts";

/** For kinds whose table tells the time of their making instead of their age. */
export const createdPrinter: Printer = {
  columns: [nameColumn, { ...column("Created At", "When it was created."), type: "date" }],
  cells: (object) => [nameOf(object), textAt(object, "metadata", "creationTimestamp")],
};

/** Source: k8s.io/kubernetes, pkg/printers/internalversion, printRoleBinding. */
export const roleBindingPrinter: Printer = {
  columns: [
    nameColumn,
    column("Role", "Kind and name of the role."),
    ageColumn,
    wideColumn("Users", "Users that have the role."),
    wideColumn("Groups", "Groups that have the role."),
    wideColumn("ServiceAccounts", "Service accounts that have the role."),
  ],
  cells: (binding, nowMs) => [
    nameOf(binding),
    `${textAt(binding, "roleRef", "kind")}/${textAt(binding, "roleRef", "name")}`,
    objectAge(binding, nowMs),
    subjectsOf(binding, "User"),
    subjectsOf(binding, "Group"),
    subjectsOf(binding, "ServiceAccount"),
  ],
};

/** Source: k8s.io/kubernetes, pkg/printers/internalversion, printCertificateSigningRequest. */
export const signingRequestPrinter: Printer = {
  columns: [
    nameColumn,
    ageColumn,
    column("SignerName", "Who is to sign."),
    column("Requestor", "Who asks."),
    column("RequestedDuration", "How long the certificate shall be valid."),
    column("Condition", "What has been decided."),
  ],
  cells: (request, nowMs) => [
    nameOf(request),
    objectAge(request, nowMs),
    textAt(request, "spec", "signerName") || "<none>",
    textAt(request, "spec", "username"),
    durationOf(fieldAt(request, "spec", "expirationSeconds")),
    decisionOf(request),
  ],
};

function subjectsOf(binding: unknown, kind: string): string {
  return listAt(binding, "subjects")
    .filter((subject) => textAt(subject, "kind") === kind)
    .map((subject) => {
      const namespace = kind === "ServiceAccount" ? `${textAt(subject, "namespace")}/` : "";
      return `${namespace}${textAt(subject, "name")}`;
    })
    .join(", ");
}

function durationOf(seconds: unknown): string {
  return typeof seconds === "number" ? formatAge(seconds * 1000) : "<none>";
}

function decisionOf(request: unknown): string {
  const types = listAt(request, "status", "conditions").map((each) => textAt(each, "type"));
  const told = ["Approved", "Denied", "Failed"].filter((type) => types.includes(type));
  const decision = told.includes("Denied") ? told.filter((type) => type !== "Approved") : told;
  const isIssued = textAt(request, "status", "certificate") !== "";
  return `${decision.join(",") || "Pending"}${isIssued ? ",Issued" : ""}`;
}
