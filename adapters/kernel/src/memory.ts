/**
 * Gives memory back to the kernel that the C library keeps for later (malloc_trim(3)). Does
 * nothing where there is no such function: on musl, off Linux, or without `node:ffi`.
 */
export function returnMemory(): void {
  if (process.platform !== "linux") return;
  try {
    trim ??= findTrim();
    trim(0n);
  } catch {
    trim = nothing;
  }
}

let trim: ((keep: bigint) => unknown) | undefined;

function findTrim(): (keep: bigint) => unknown {
  const definitions = { malloc_trim: { arguments: ["u64"], return: "i32" } } as const;
  return process.getBuiltinModule("node:ffi").dlopen(null, definitions).functions.malloc_trim;
}

const nothing = (): void => undefined;
