/** As whom a container runs, and what it may do; undefined is as image and engine have it. */
export interface ContainerSecurity {
  readonly uid?: number;
  readonly gid?: number;
  /** Groups besides the first, beyond those that the image gives its user. */
  readonly groups?: readonly number[];
  /** It is refused with `user-refused` if it would run as root, or if that cannot be told. */
  readonly nonRoot?: boolean;
  readonly readOnlyRoot?: boolean;
  /** No program that it starts gets more rights than it has, whoever owns the program's file. */
  readonly noNewPrivileges?: boolean;
  /** It may do whatever its machine may, and sees the machine's devices. */
  readonly privileged?: boolean;
  /** Names of the kernel without `CAP_`, or `ALL`. */
  readonly addCapabilities?: readonly string[];
  readonly dropCapabilities?: readonly string[];
  /** No call of the kernel is closed to it. */
  readonly seccompUnconfined?: boolean;
}
