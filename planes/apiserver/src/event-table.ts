import { column, integerColumn, nameOf, wideColumn } from "./cell.ts";
import type { Printer } from "./column.ts";
import { fieldAt, numberAt, textAt } from "./field.ts";
import { ageOf } from "./timestamp.ts";

export const eventPrinter: Printer = {
  columns: [
    column("Last Seen", "When it last happened."),
    column("Type", "Normal or Warning."),
    column("Reason", "What happened, in one word."),
    column("Object", "What it happened to."),
    wideColumn("Subobject", "Which part of it."),
    wideColumn("Source", "Who says so."),
    column("Message", "What happened, in words."),
    wideColumn("First Seen", "When it first happened."),
    { ...integerColumn("Count", "How often it happened."), priority: 1 },
    { ...wideColumn("Name", "Name of the event."), format: "name" },
  ],
  cells: (event, nowMs) => [
    ageOf(lastSeen(event), nowMs),
    textAt(event, "type"),
    textAt(event, "reason"),
    subjectOf(event),
    textAt(event, "involvedObject", "fieldPath"),
    sourceOf(event),
    textAt(event, "message").trim(),
    ageOf(firstSeen(event), nowMs),
    numberAt(event, "series", "count") || numberAt(event, "count") || 1,
    nameOf(event),
  ],
};

function lastSeen(event: unknown): string | undefined {
  return (
    textAt(event, "series", "lastObservedTime") ||
    textAt(event, "lastTimestamp") ||
    firstSeen(event)
  );
}

function firstSeen(event: unknown): string | undefined {
  return textAt(event, "firstTimestamp") || textAt(event, "eventTime") || undefined;
}

function subjectOf(event: unknown): string {
  const subject = fieldAt(event, "involvedObject");
  const kind = textAt(subject, "kind").toLowerCase();
  const name = textAt(subject, "name");
  return name === "" ? kind : `${kind}/${name}`;
}

function sourceOf(event: unknown): string {
  const component = textAt(event, "source", "component") || textAt(event, "reportingComponent");
  const host = textAt(event, "source", "host") || textAt(event, "reportingInstance");
  return host === "" ? component : `${component}, ${host}`;
}
