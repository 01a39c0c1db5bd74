export * from "./reactor/reactor.ts";
