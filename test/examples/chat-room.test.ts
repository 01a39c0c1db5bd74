import { describe, expect, test } from "bun:test";
import { RawPeer } from "../raw-peer.ts";
import { RunningExample, TEST_LIMIT_MS } from "./running-example.ts";

describe("examples/chat-room", () => {
  test(
    "each line goes to everybody who is there",
    async () => {
      await using room = new RunningExample("chat-room", 0);
      const port = await room.portAfter("chat on tcp");
      using ada = await RawPeer.connect({ port });
      await ada.send("Is anybody there?\r\n");
      await ada.receives("guest 1: Is anybody there?\n".length);
      using bob = await RawPeer.connect({ port });
      await bob.send("I a");
      await bob.send("m.\nHello!\n");
      const said = "guest 2: I am.\nguest 2: Hello!\n";
      expect((await bob.receives(said.length)).toString()).toBe(said);
      const heard = `guest 1: Is anybody there?\n${said}`;
      expect((await ada.receives(heard.length)).toString()).toBe(heard);
    },
    TEST_LIMIT_MS,
  );

  test(
    "a guest who leaves is not missed",
    async () => {
      await using room = new RunningExample("chat-room", 0);
      const port = await room.portAfter("chat on tcp");
      using ada = await RawPeer.connect({ port });
      await ada.send("Bye.\n");
      ada.sendFIN();
      expect((await ada.end()).toString()).toBe("guest 1: Bye.\n");
      using bob = await RawPeer.connect({ port });
      await bob.send("Hello?\n");
      expect((await bob.receives(16)).toString()).toBe("guest 2: Hello?\n");
      bob.sendFIN();
      await bob.end();
      room.terminate();
      expect(await room.end()).toEqual({ output: "", errors: "", exitCode: 0 });
    },
    TEST_LIMIT_MS,
  );
});
