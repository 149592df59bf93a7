//! `zig build` compiles the policy to zig-out/bin/ladder.wasm; `zig build test` runs its tests natively.

const std = @import("std");
const bellwire = @import("bellwire");

pub fn build(b: *std.Build) void {
    const modules = bellwire.addPolicy(b, .{ .name = "ladder", .root_source_file = b.path("src/ladder.zig") });
    const schema = b.path("../cases/ladder.schema.json");
    for (modules) |module| module.addAnonymousImport("ladder.schema.json", .{ .root_source_file = schema });
}
