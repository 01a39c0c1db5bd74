import { type Address, InternetAddress, UNIXAddress } from "../../../src/reactor/address.ts";
import { byteString } from "../notation/byte-string.ts";
import { type Kind, mapped } from "../notation/kind.ts";
import { choice, text, wholeNumber } from "../notation/scalars.ts";
import { byKey, byType, fields, named } from "../notation/shapes.ts";

/** An end of a connection as the vectors have it. */
export type VectorEnd =
  | { readonly type: "TCP" | "UDP"; readonly host: string; readonly port: number }
  | { readonly type: "UNIX"; readonly path: Buffer };

/** An end of a connection; the path of a UNIX socket may also be called its name or address. */
export const proxyEnd: Kind<VectorEnd> = named(
  "end",
  byType({
    TCP: fields({ type: choice("TCP"), host: text, port: wholeNumber }),
    UDP: fields({ type: choice("UDP"), host: text, port: wholeNumber }),
    UNIX: byKey({
      path: fields({ type: choice("UNIX"), path: byteString }),
      name: unixEnd("name"),
      address: unixEnd("address"),
    }),
  }),
);

function unixEnd(key: "name" | "address"): Kind<VectorEnd> {
  return mapped(fields({ type: choice("UNIX"), [key]: byteString }), (read) => {
    return { type: "UNIX", path: read[key] as Buffer };
  });
}

/** An address as the vectors have it. */
export function endOf(address: Address): VectorEnd {
  if (address.kind === "unix") return { type: "UNIX", path: Buffer.from(address.path) };
  const type = address.kind === "tcp" ? "TCP" : "UDP";
  return { type, host: address.host, port: address.port };
}

/** The address that an end of a vector stands for. */
export function addressOf(end: VectorEnd): Address {
  if (end.type === "UNIX") return new UNIXAddress(end.path.toString());
  return new InternetAddress(end.type === "TCP" ? "tcp" : "udp", end.host, end.port);
}
