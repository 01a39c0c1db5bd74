import { expect, test } from "bun:test";
import { decodeTCPInfo, TCP_INFO_BYTES } from "../../src/native/tcp-info.ts";

test("decodeTCPInfo: every field is where linux/tcp.h has it", () => {
  const view = new DataView(new ArrayBuffer(TCP_INFO_BYTES));
  for (let offset = 0; offset < 8; offset += 1) view.setUint8(offset, offset + 1);
  // Eight bytes of small fields, then one number of 32 bits after the other: each tells its index.
  for (let index = 0; index < 24; index += 1) view.setUint32(8 + 4 * index, index, true);
  expect(decodeTCPInfo(view)).toEqual({
    state: 1,
    retransmits: 3,
    sendMss: 2,
    receiveMss: 3,
    unacked: 4,
    lost: 6,
    retrans: 7,
    pathMtu: 13,
    rttUs: 15,
    rttVarUs: 16,
    sendCongestionWindow: 18,
    totalRetrans: 23,
  });
});
