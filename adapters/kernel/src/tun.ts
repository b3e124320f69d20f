import { closeSync, constants, openSync } from "node:fs";
import { BeeError } from "@beemesh/base";
import { must } from "./errno.ts";
import { libc } from "./libc.ts";

/** Attaches a descriptor to a device: `TUNSETIFF` of linux/if_tun.h. */
const setInterface = 0x4004_54can;
/** Packets of IP, without four bytes before each: `IFF_TUN | IFF_NO_PI`. */
const tunWithoutInfo = 0x1001;
/** `struct ifreq`: the name, then the flags. */
const requestBytes = 40;
const nameBytes = 16;

/**
 * Opens a tun device, whose descriptor then reads and writes one IP packet at a time. Makes the
 * device if there is none of the name; it goes with the descriptor, unless it was made before and
 * is kept (`ip tuntap add`). Needs CAP_NET_ADMIN, or to be the owner of a device that is there.
 *
 * @param name - 1 to 15 small letters and digits.
 * @returns A descriptor, which its caller closes. Reading it waits; {@link watchPackets} does not.
 * @throws {BeeError} `kernel-refused`, `kernel-unsupported`
 */
export function openTun(name: string): number {
  if (!/^[a-z0-9]{1,15}$/u.test(name)) {
    throw new BeeError("kernel-refused", `Cannot open tun device: ${name} is no name for one`);
  }
  const fd = openDevice();
  const request = Buffer.alloc(requestBytes);
  request.write(name, "latin1");
  request.writeUInt16LE(tunWithoutInfo, nameBytes);
  try {
    must(`attach tun device ${name}`, libc().ioctl(fd, setInterface, request));
    return fd;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

function openDevice(): number {
  try {
    return openSync("/dev/net/tun", constants.O_RDWR);
  } catch (cause) {
    const message = "Cannot open tun device: there is no /dev/net/tun that may be opened";
    throw new BeeError("kernel-refused", message, { cause });
  }
}
