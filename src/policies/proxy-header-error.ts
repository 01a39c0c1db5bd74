import { FramingError } from "../framing/framing-error.ts";

/** What came is no PROXY header; the classes below say more where more can be said. */
export class InvalidProxyHeader extends FramingError {
  override readonly name: string = "InvalidProxyHeader";
}

/** The header names a family or a protocol that does not exist. */
export class InvalidNetworkProtocol extends InvalidProxyHeader {
  override readonly name = "InvalidNetworkProtocol";
}

/** The header is too short for the addresses that it announces. */
export class MissingAddressData extends InvalidProxyHeader {
  override readonly name = "MissingAddressData";
}

/** The header was not complete in time. */
export class ProxyHeaderTimeout extends InvalidProxyHeader {
  override readonly name = "ProxyHeaderTimeout";
}
