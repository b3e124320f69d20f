import assert from "node:assert/strict";
import { test } from "node:test";
import { isTimeZone, momentOf, offsetsOf } from "./time-zone.ts";

const at = (text: string): number => Date.parse(`${text}:00Z`);

test("a time zone has a name", () => {
  for (const name of ["UTC", "Europe/Paris", "America/New_York"]) assert(isTimeZone(name), name);
  for (const name of ["Mars/Olympus", "+05:00", "local", ""]) assert(!isTimeZone(name), name);
});

test("a zone is ahead of UTC by what its clock says, in summer by more", () => {
  const paris = offsetsOf("Europe/Paris");
  assert.equal(paris(at("2026-01-01T00:00")), 3_600_000);
  assert.equal(paris(at("2026-07-01T00:00")), 7_200_000);
  assert.equal(offsetsOf("")(0), 0);
});

test("a clock shows most times once, some never, and some twice: then the first counts", () => {
  const paris = offsetsOf("Europe/Paris");
  assert.equal(momentOf(at("2026-01-01T01:00"), paris), at("2026-01-01T00:00"));
  assert.equal(momentOf(at("2026-03-29T02:30"), paris), undefined);
  assert.equal(momentOf(at("2026-10-25T02:30"), paris), at("2026-10-25T00:30"));
});
