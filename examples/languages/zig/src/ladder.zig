//! Team, manager, director, then VP and war room. It touches nothing but its arguments.
//!
//! The same policy is in every folder beside this one, and ../cases says what all of them decide.

const std = @import("std");
const bellwire = @import("bellwire");
const Allocator = std.mem.Allocator;
const Targets = bellwire.Targets;

pub const Settings = struct {
    to: struct {
        team: Targets = .receivers(&.{"team"}),
        manager: Targets = .receivers(&.{"manager"}),
        director: Targets = .receivers(&.{"director"}),
        vp: Targets = .receivers(&.{ "vp", "war-room" }),
    } = .{},
};

pub const description: bellwire.Description = .{
    .name = "ladder",
    .version = "0.1.0",
    .summary = "Team, manager, director, then VP and war room.",
    .settings_schema = @embedFile("ladder.schema.json"),
};

pub fn check(arena: Allocator, settings: Settings, _: *bellwire.Problems) !bellwire.Wants {
    const to = settings.to;
    return .ofTargets(arena, &.{ to.team.list, to.manager.list, to.director.list, to.vp.list });
}

const Step = struct { key: []const u8, after: bellwire.Instant, to: Targets };

const Verdict = struct { priority: bellwire.Priority, reason: []const u8 };

fn judgeAlert(arena: Allocator, alert: bellwire.Alert) !Verdict {
    const table = std.StaticStringMap(bellwire.Priority).initComptime(.{
        .{ "critical", .p1 }, .{ "page", .p1 }, .{ "error", .p2 }, .{ "high", .p2 },
        .{ "warning", .p3 },  .{ "info", .p4 }, .{ "low", .p4 },
    });
    const severity = alert.label("severity") orelse "";
    const priority = table.get(severity) orelse return .{ .priority = .p3, .reason = "P3 by default" };
    const reason = try std.fmt.allocPrint(arena, "{s} because severity is {s}", .{ priority.name(), severity });
    return .{ .priority = priority, .reason = reason };
}

/// The most urgent firing alert decides, the first of them if there are several.
fn judge(arena: Allocator, incident: bellwire.Incident) !Verdict {
    var verdict: ?Verdict = null;
    for (incident.alerts) |alert| {
        if (alert.state != .firing) continue;
        const other = try judgeAlert(arena, alert);
        if (verdict == null or other.priority.isMoreUrgentThan(verdict.?.priority)) verdict = other;
    }
    const kept = incident.priority orelse .p3;
    return verdict orelse .{ .priority = kept, .reason = try std.fmt.allocPrint(arena, "{s} kept", .{kept.name()}) };
}

fn progress(arena: Allocator, incident: bellwire.Incident, listed: usize, steps: usize) ![]const u8 {
    return switch (incident.state) {
        .open => if (listed == 0) "no step" else std.fmt.allocPrint(arena, "step {d} of {d}", .{ listed, steps }),
        .acknowledged => if (incident.acknowledged) |acknowledged|
            std.fmt.allocPrint(arena, "acknowledged by {s}", .{acknowledged.by})
        else
            "acknowledged",
        .snoozed => "snoozed",
        .resolved => "resolved",
    };
}

pub fn evaluate(arena: Allocator, settings: Settings, facts: bellwire.Facts) !bellwire.Decision {
    const incident = facts.incident;
    const ladder = [_]Step{
        .{ .key = "team", .after = 0, .to = settings.to.team },
        .{ .key = "manager", .after = 5 * bellwire.minute, .to = settings.to.manager },
        .{ .key = "director", .after = 15 * bellwire.minute, .to = settings.to.director },
        .{ .key = "war-room", .after = 30 * bellwire.minute, .to = settings.to.vp },
    };
    const verdict = try judge(arena, incident);
    const pages = switch (verdict.priority) {
        .p1, .p2 => true,
        .p3, .p4 => false,
    };
    // P3 and P4 stay on the first step.
    const steps: []const Step = if (pages) &ladder else ladder[0..1];

    var notices: std.ArrayList(bellwire.Notice) = .empty;
    var next_check: ?bellwire.Instant = null;
    for (steps) |step| {
        const due_at = incident.opened_at + step.after;
        const due = switch (incident.state) {
            .open => due_at <= facts.now,
            // Somebody has it: nothing new, but what was sent stays listed.
            .acknowledged, .snoozed, .resolved => incident.wasSent(step.key),
        };
        if (due) {
            try notices.append(arena, .{ .key = step.key, .to = step.to.list, .page = pages });
        } else if (incident.state == .open) {
            next_check = next_check orelse due_at;
        }
    }
    const where = try progress(arena, incident, notices.items.len, steps.len);
    return .{
        .priority = verdict.priority,
        .notices = notices.items,
        .next_check = next_check,
        .reason = try std.fmt.allocPrint(arena, "{s}; {s}", .{ verdict.reason, where }),
    };
}

test "every problem of the settings is named at once" {
    var arena: std.heap.ArenaAllocator = .init(std.testing.allocator);
    defer arena.deinit();
    var problems: bellwire.Problems = .{ .arena = arena.allocator() };
    _ = try bellwire.settings.parse(Settings,
        \\{ "to": { "team": [], "manager": 7, "vp": ["ok", ""], "ceo": "person:ceo" }, "steps": 4 }
    , &problems);
    const paths = [_][]const u8{ "steps", "to.ceo", "to.team", "to.manager", "to.vp[1]" };
    try std.testing.expectEqual(paths.len, problems.list.items.len);
    for (paths, problems.list.items) |path, problem| try std.testing.expectEqualStrings(path, problem.path);
}
