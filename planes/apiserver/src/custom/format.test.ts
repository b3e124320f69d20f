import assert from "node:assert/strict";
import { test } from "node:test";
import { formatProblem } from "./format.ts";

test("texts are of their format, and unknown formats say nothing", () => {
  for (const [format, right, wrong] of [
    ["date-time", "2024-01-02T03:04:05Z", "2024-01-02"],
    ["date", "2024-01-02", "2024-13-02"],
    ["duration", "1h30m", "soon"],
    ["email", "a@b.example", "a"],
    ["hostname", "a-b.example", "a_b"],
    ["ipv4", "1.2.3.4", "::1"],
    ["ipv6", "::1", "1.2.3.4"],
    ["cidr", "10.0.0.0/8", "10.0.0.0"],
    ["mac", "01:23:45:67:89:ab", "01:23"],
    ["uri", "https://a.example/b", "a b"],
    ["uuid", "123e4567-e89b-12d3-a456-426614174000", "123e"],
    ["byte", "aGk=", "a"],
    ["hexcolor", "#fff", "red"],
  ] as const) {
    assert(!formatProblem(format, right), format);
    assert(formatProblem(format, wrong), format);
  }
  assert(!formatProblem("toString", "x"));
  assert(!formatProblem("int32", "x"));
});
