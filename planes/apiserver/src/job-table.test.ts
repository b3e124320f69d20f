import assert from "node:assert/strict";
import { test } from "node:test";
import { cronJobPrinter, jobPrinter } from "./job-table.ts";

const cellsOf = (spec: object, status: object, metadata: object = {}): unknown[] => {
  const job = {
    metadata: { name: "pi", creationTimestamp: "1970-01-01T00:00:00Z", ...metadata },
    spec: {
      selector: { matchLabels: { a: "b" } },
      template: { spec: { containers: [{ name: "c", image: "perl" }] } },
      ...spec,
    },
    status,
  };
  return [...jobPrinter.cells(job, 60_000)].slice(0, 5);
};
const condition = (type: string, status = "True"): object => ({ conditions: [{ type, status }] });

test("a Job shows how far it is", () => {
  const running = { startTime: "1970-01-01T00:00:10Z", succeeded: 2 };
  assert.deepEqual(cellsOf({ completions: 5 }, running), ["pi", "Running", "2/5", "50s", "60s"]);
  const complete = {
    ...running,
    ...condition("Complete"),
    completionTime: "1970-01-01T00:00:17Z",
  };
  assert.deepEqual(cellsOf({ completions: 2 }, complete), ["pi", "Complete", "2/2", "7s", "60s"]);
});

test("a Job that is a work queue counts to one", () => {
  assert.equal(cellsOf({ parallelism: 3 }, {})[2], "0/1 of 3");
  assert.equal(cellsOf({ parallelism: 1 }, {})[2], "0/1");
});

test("a Job that has not begun has no duration, and its state is its weightiest condition", () => {
  assert.deepEqual(cellsOf({ completions: 1 }, condition("Suspended")).slice(1, 4), [
    "Suspended",
    "0/1",
    "",
  ]);
  assert.equal(cellsOf({}, condition("Failed"))[1], "Failed");
  assert.equal(cellsOf({}, condition("Suspended", "False"))[1], "Running");
  assert.equal(cellsOf({}, {}, { deletionTimestamp: "1970-01-01T00:00:00Z" })[1], "Terminating");
});

test("wide output names containers, images and selector", () => {
  const wide = jobPrinter.columns.filter(({ priority }) => priority > 0).map(({ name }) => name);
  assert.deepEqual(wide, ["Containers", "Images", "Selector"]);
});

test("a CronJob shows when it makes Jobs, and when it did", () => {
  const cronJob = {
    metadata: { name: "nightly", creationTimestamp: "1970-01-01T00:00:00Z" },
    spec: { schedule: "0 3 * * *", timeZone: "Europe/Paris", suspend: true },
    status: { active: [{}], lastScheduleTime: "1970-01-01T00:00:30Z" },
  };
  const cells = [...cronJobPrinter.cells(cronJob, 60_000)];
  assert.deepEqual(cells.slice(0, 7), [
    "nightly",
    "0 3 * * *",
    "Europe/Paris",
    "True",
    1,
    "30s",
    "60s",
  ]);
  const plain = [...cronJobPrinter.cells({ ...cronJob, spec: {}, status: {} }, 60_000)];
  assert.deepEqual(plain.slice(2, 6), ["<none>", "False", 0, "<none>"]);
});
