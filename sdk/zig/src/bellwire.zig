//! Write Bellwire policies in Zig. The root file of a policy declares four things:
//!
//! ```zig
//! /// What the routes file may say under `settings`; `bellwire.settings` reads it, and finds every problem at once.
//! pub const Settings = struct { to: bellwire.Targets };
//! pub const description: bellwire.Description = .{ … };
//! /// Called when the configuration is loaded: what the host must look up, and every target that a decision may name.
//! pub fn check(arena: Allocator, settings: Settings, problems: *bellwire.Problems) !bellwire.Wants { … }
//! /// Pure: the same settings and facts give the same decision.
//! pub fn evaluate(arena: Allocator, settings: Settings, facts: bellwire.Facts) !bellwire.Decision { … }
//! ```
//!
//! A policy answers with **every** notice that is due by `facts.now`, each with a key, and with the time at which to ask
//! again; the host sends a key once. So it has no memory, no timers and no clock, and asking it twice changes nothing.
//! `std.log` reaches the host's log. Nothing needs to be freed: the arena lives for one call.
//!
//! These are the types of sdk/wit/policy.wit, as Zig has them; that file says what each field means.

const std = @import("std");
const Allocator = std.mem.Allocator;

pub const settings = @import("settings.zig");
pub const Problems = settings.Problems;
pub const Targets = settings.Targets;

/// Milliseconds since 1970-01-01T00:00:00Z.
pub const Instant = u64;
pub const minute: Instant = 60_000;

pub const Pair = struct { name: []const u8, value: []const u8 };

/// P1 is the most urgent.
pub const Priority = enum(u8) {
    p1,
    p2,
    p3,
    p4,

    /// "P1" to "P4".
    pub fn name(self: Priority) []const u8 {
        return switch (self) {
            .p1 => "P1",
            .p2 => "P2",
            .p3 => "P3",
            .p4 => "P4",
        };
    }

    pub fn isMoreUrgentThan(self: Priority, other: Priority) bool {
        return @backingInt(self) < @backingInt(other);
    }

    pub const fromSettings = settings.readPriority;
};

pub const Alert = struct {
    fingerprint: []const u8,
    state: enum(u8) { firing, resolved },
    labels: []const Pair,
    annotations: []const Pair,
    starts_at: Instant,
    ends_at: ?Instant,
    ext: []const Pair,

    pub fn label(self: Alert, name: []const u8) ?[]const u8 {
        return valueOf(self.labels, name);
    }

    pub fn annotation(self: Alert, name: []const u8) ?[]const u8 {
        return valueOf(self.annotations, name);
    }
};

/// Whom to tell, by the name it has in the team's routes file.
pub const Target = union(enum(u8)) {
    receiver: []const u8,
    person: []const u8,
    schedule: []const u8,
    other: Pair,

    pub fn eql(self: Target, target: Target) bool {
        if (self == .other and target == .other) {
            const one, const two = .{ self.other, target.other };
            return std.mem.eql(u8, one.name, two.name) and std.mem.eql(u8, one.value, two.value);
        }
        return switch (self) {
            .other => false,
            inline else => |name, tag| target == tag and std.mem.eql(u8, name, @field(target, @tagName(tag))),
        };
    }

    pub const fromSettings = settings.readTarget;
};

pub const Outcome = enum(u8) { pending, delivered, failed, nobody };

/// A notice of the incident's current opening and how it fared, one entry per key and target.
pub const Sent = struct { key: []const u8, to: Target, at: Instant, outcome: Outcome };

pub const Acknowledgement = struct { by: []const u8, at: Instant };

pub const Incident = struct {
    id: []const u8,
    team: []const u8,
    route: []const u8,
    state: enum(u8) { open, acknowledged, snoozed, resolved },
    group: []const Pair,
    /// When it opened, or re-opened last: ladders count from here.
    opened_at: Instant,
    changed_at: Instant,
    reopened: u32,
    acknowledged: ?Acknowledgement,
    snoozed_until: ?Instant,
    /// What the last decision said; none before the first.
    priority: ?Priority,
    firing: u32,
    resolved: u32,
    /// Firing ones first, then newest first; at most 500.
    alerts: []const Alert,
    sent: []const Sent,
    ext: []const Pair,

    /// Was a notice with this key decided before, to any target?
    pub fn wasSent(self: Incident, key: []const u8) bool {
        for (self.sent) |sent| {
            if (std.mem.eql(u8, sent.key, key)) return true;
        }
        return false;
    }

    /// A label that all alerts of the incident share.
    pub fn groupLabel(self: Incident, name: []const u8) ?[]const u8 {
        return valueOf(self.group, name);
    }

    /// When somebody last asked for the next step. It is due if nothing was sent at or after this instant.
    pub fn escalatedAt(self: Incident) ?Instant {
        const digits = valueOf(self.ext, "escalated-at") orelse return null;
        return std.fmt.parseInt(Instant, digits, 10) catch null;
    }
};

/// `facts.now` on the wall of a zone. Month and day count from 1; weekday 1 is Monday, 7 Sunday.
pub const Civil = struct { zone: []const u8, year: i32, month: u8, day: u8, weekday: u8, hour: u8, minute: u8 };

/// A window of time from the routes file: are we in it, and until when is that so?
pub const Window = struct { name: []const u8, inside: bool, changes_at: ?Instant };

pub const OnCall = struct { schedule: []const u8, people: []const []const u8, until: ?Instant };

pub const Facts = struct {
    /// The only clock a policy has.
    now: Instant,
    incident: Incident,
    civil: []const Civil,
    windows: []const Window,
    on_call: []const OnCall,
    ext: []const Pair,

    /// None if the routes file has no such window, or `check` did not want it.
    pub fn window(self: Facts, name: []const u8) ?Window {
        return for (self.windows) |one| {
            if (std.mem.eql(u8, one.name, name)) break one;
        } else null;
    }

    /// The wall clock of a zone; none if `check` did not want it.
    pub fn clock(self: Facts, zone: []const u8) ?Civil {
        return for (self.civil) |one| {
            if (std.mem.eql(u8, one.zone, zone)) break one;
        } else null;
    }

    /// None if `check` did not want the schedule.
    pub fn onCall(self: Facts, schedule: []const u8) ?OnCall {
        return for (self.on_call) |one| {
            if (std.mem.eql(u8, one.schedule, schedule)) break one;
        } else null;
    }
};

pub const Notice = struct {
    /// Unique within one opening of the incident. The host sends a key once to each target.
    key: []const u8,
    to: []const Target,
    /// Should it wake somebody (true), or only inform (false)?
    page: bool,
    /// Said in the message beside the host's own text.
    text: ?[]const u8 = null,
    ext: []const Pair = &.{},
};

pub const Decision = struct {
    priority: Priority,
    /// Every notice that is due by now, whether sent before or not.
    notices: []const Notice = &.{},
    /// When to ask again, if nothing changes before.
    next_check: ?Instant = null,
    /// One sentence for a human.
    reason: []const u8,
    ext: []const Pair = &.{},
};

/// What the host must look up for this policy with these settings.
pub const Wants = struct {
    zones: []const []const u8 = &.{},
    windows: []const []const u8 = &.{},
    schedules: []const []const u8 = &.{},
    /// Every target that a decision may ever name.
    targets: []const Target = &.{},

    /// Those of several lists, each once.
    pub fn ofTargets(arena: Allocator, lists: []const []const Target) Allocator.Error!Wants {
        var targets: std.ArrayList(Target) = .empty;
        for (lists) |list| for (list) |target| {
            const known = for (targets.items) |other| {
                if (other.eql(target)) break true;
            } else false;
            if (!known) try targets.append(arena, target);
        };
        return .{ .targets = targets.items };
    }
};

/// `path` as in `rules[2].above.error_rate`.
pub const Problem = struct { path: []const u8, message: []const u8 };

pub const Description = struct {
    name: []const u8,
    version: []const u8,
    summary: []const u8,
    /// A JSON Schema of the settings.
    settings_schema: []const u8,
};

fn valueOf(pairs: []const Pair, name: []const u8) ?[]const u8 {
    return for (pairs) |pair| {
        if (std.mem.eql(u8, pair.name, name)) break pair.value;
    } else null;
}

test {
    _ = settings;
}
