//! Compiles policies: the build.zig of a project calls `addPolicy`.

const std = @import("std");

pub const Options = struct {
    /// The plugin is NAME.wasm.
    name: []const u8,
    /// Declares `Settings`, `description`, `check` and `evaluate`; see src/bellwire.zig.
    root_source_file: std.Build.LazyPath,
};

/// The plugin is installed by `zig build`, and the tests of the policy run natively by `zig build test`. Returns the
/// policy's module, once for the plugin and once for the tests, for what it wants to import besides.
pub fn addPolicy(b: *std.Build, options: Options) [2]*std.Build.Module {
    const sdk = b.dependencyFromBuildZig(@This(), .{}).builder;
    // Not `.small`: an overflow or a wrong index shall end the call, and the host then tells the last resort.
    const optimize: std.builtin.Optimize = .safe;
    const wasm = b.resolveTargetQuery(.{ .cpu_arch = .wasm32, .os_tag = .wasi });

    const bindings = sdk.addTranslateC(.{
        .root_source_file = sdk.path("../c/generated/bindings.h"),
        .target = wasm,
        .optimize = optimize,
    });
    const library = sdk.createModule(.{ .root_source_file = sdk.path("src/bellwire.zig") });
    const policy = b.createModule(.{
        .root_source_file = options.root_source_file,
        .imports = &.{.{ .name = "bellwire", .module = library }},
    });
    const root = sdk.createModule(.{
        .root_source_file = sdk.path("src/exports.zig"),
        .target = wasm,
        .optimize = optimize,
        .link_libc = true,
        .strip = true,
        // It would ask WASI for random numbers.
        .stack_protector = false,
        .imports = &.{
            .{ .name = "bellwire", .module = library },
            .{ .name = "bindings", .module = bindings.createModule() },
            .{ .name = "policy", .module = policy },
        },
    });
    root.addCSourceFile(.{ .file = sdk.path("src/bindings.c") });
    root.addObjectFile(sdk.path("../c/generated/component_type.o"));
    const plugin = b.addExecutable(.{ .name = options.name, .root_module = root });
    plugin.entry = .disabled;
    plugin.wasi_exec_model = .reactor;
    // Memory that is there from the start need not be grown in each call; and a policy needs little stack.
    plugin.initial_memory = 1 << 20;
    plugin.stack_size = 1 << 18;
    b.installArtifact(plugin);

    const tested = b.createModule(.{
        .root_source_file = options.root_source_file,
        .target = b.graph.host,
        .imports = &.{.{ .name = "bellwire", .module = library }},
    });
    const tests = b.addTest(.{ .root_module = tested });
    b.step("test", "Run the policy's tests natively").dependOn(&b.addRunArtifact(tests).step);
    return .{ policy, tested };
}

/// `zig build test` in the SDK itself.
pub fn build(b: *std.Build) void {
    const library = b.createModule(.{ .root_source_file = b.path("src/bellwire.zig"), .target = b.graph.host });
    const tests = b.addTest(.{ .root_module = library });
    b.step("test", "Run the SDK's tests natively").dependOn(&b.addRunArtifact(tests).step);
}
