/**
 * The beginning of Linux' `struct tcp_info` (linux/tcp.h), which has been the same since 2.6.
 */
import type { TCPInfo } from "../reactor/socket-option.ts";

/** Up to `tcpi_total_retrans`, the last field we look at. */
export const TCP_INFO_BYTES = 104;

/** The fields we look at out of `view`, which begins with a `struct tcp_info`. */
export function decodeTCPInfo(view: DataView): TCPInfo {
  return {
    state: view.getUint8(0),
    retransmits: view.getUint8(2),
    sendMss: view.getUint32(16, true),
    receiveMss: view.getUint32(20, true),
    unacked: view.getUint32(24, true),
    lost: view.getUint32(32, true),
    retrans: view.getUint32(36, true),
    pathMtu: view.getUint32(60, true),
    rttUs: view.getUint32(68, true),
    rttVarUs: view.getUint32(72, true),
    sendCongestionWindow: view.getUint32(80, true),
    totalRetrans: view.getUint32(100, true),
  };
}
