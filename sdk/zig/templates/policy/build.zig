//! `zig build` compiles the policy to zig-out/bin/{{name}}.wasm; `zig build test` runs its tests natively.

const std = @import("std");
const bellwire = @import("bellwire");

pub fn build(b: *std.Build) void {
    _ = bellwire.addPolicy(b, .{ .name = "{{name}}", .root_source_file = b.path("src/policy.zig") });
}
