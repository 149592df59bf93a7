//! Critical alerts page, all others inform. A policy touches nothing but its arguments.

const std = @import("std");
const bellwire = @import("bellwire");
const Allocator = std.mem.Allocator;

/// What the routes file may say under `settings`; settings.schema.json says the same to editors.
pub const Settings = struct { to: bellwire.Targets };

pub const description: bellwire.Description = .{
    .name = "{{name}}",
    .version = "0.1.0",
    .summary = "Critical alerts page, all others inform.",
    .settings_schema = @embedFile("settings.schema.json"),
};

/// Every target that a decision may ever name; or problems, such as `problems.add("to", "what is wrong", .{})`.
pub fn check(arena: Allocator, settings: Settings, _: *bellwire.Problems) !bellwire.Wants {
    return .ofTargets(arena, &.{settings.to.list});
}

/// Every notice that is due by `facts.now`, whether sent before or not: the host sends a key once.
pub fn evaluate(arena: Allocator, settings: Settings, facts: bellwire.Facts) !bellwire.Decision {
    const critical = for (facts.incident.alerts) |alert| {
        const severity = alert.label("severity") orelse continue;
        if (alert.state == .firing and std.mem.eql(u8, severity, "critical")) break true;
    } else false;
    return .{
        .priority = if (critical) .p1 else .p3,
        .reason = if (critical) "P1 because severity is critical" else "P3 by default",
        .notices = try arena.dupe(bellwire.Notice, &.{.{ .key = "told", .to = settings.to.list, .page = critical }}),
    };
}

test "every target is wanted once" {
    var arena: std.heap.ArenaAllocator = .init(std.testing.allocator);
    defer arena.deinit();
    var problems: bellwire.Problems = .{ .arena = arena.allocator() };
    const settings = (try bellwire.settings.parse(Settings,
        \\{ "to": ["schedule:oncall", "ops", "ops"] }
    , &problems)).?;
    const wants = try check(arena.allocator(), settings, &problems);
    try std.testing.expectEqual(2, wants.targets.len);
    try std.testing.expectEqualStrings("oncall", wants.targets[0].schedule);
}
