/**
 * The architecture: every top folder is a ring, and this says which rings each may import.
 * `tidy.test.ts` enforces it and `docs/architecture.md` draws it. Every arrow points inwards.
 */
export interface Ring {
  readonly mayImport: readonly string[];
  /** A pure ring does no I/O and never waits: time, chance and messages are arguments. */
  readonly pure: boolean;
  /** Wiring, proven by tests of whole programs rather than by one beside each module. */
  readonly wholeTests: boolean;
}

export const rings: Readonly<Record<string, Ring>> = {
  core: { mayImport: ["core"], pure: true, wholeTests: false },
  protocols: { mayImport: ["core"], pure: true, wholeTests: false },
  planes: { mayImport: ["core", "protocols"], pure: true, wholeTests: false },
  sim: { mayImport: ["core", "protocols", "planes"], pure: true, wholeTests: false },
  adapters: { mayImport: ["core"], pure: false, wholeTests: false },
  apps: {
    mayImport: ["core", "protocols", "planes", "adapters", "sim", "apps", "bench"],
    pure: false,
    wholeTests: true,
  },
  bench: {
    mayImport: ["core", "protocols", "planes", "adapters", "sim", "apps"],
    pure: false,
    wholeTests: true,
  },
};

/**
 * Third-party packages that are as pure as the rings that import them, each with the one package
 * that does: no host API, no time, no chance.
 */
export const purePackages: Readonly<Record<string, string>> = {
  // Regular expressions of strangers, which the language's own would try for ever.
  re2js: "core/cel",
};
