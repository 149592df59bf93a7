//! Settings: JSON into the author's own types, with every problem found at once, each with its path.
//!
//! Fields are booleans, numbers, texts, enums, optionals, slices and structs, where a default makes a field optional. A
//! type that has `pub fn fromSettings(value: std.json.Value, path: []const u8, problems: *Problems) !?@This()` reads
//! itself.

const std = @import("std");
const Allocator = std.mem.Allocator;
const Value = std.json.Value;
const bellwire = @import("bellwire.zig");
const Priority = bellwire.Priority;
const Target = bellwire.Target;

/// What is wrong with the settings.
pub const Problems = struct {
    arena: Allocator,
    list: std.ArrayList(bellwire.Problem) = .empty,

    pub fn add(self: *Problems, path: []const u8, comptime format: []const u8, arguments: anytype) Allocator.Error!void {
        const message = try std.fmt.allocPrint(self.arena, format, arguments);
        try self.list.append(self.arena, .{ .path = path, .message = message });
    }

    fn mismatch(self: *Problems, path: []const u8, expected: []const u8, value: Value) Allocator.Error!void {
        const given = switch (value) {
            .null => "null",
            .bool => "a boolean",
            .integer, .float, .number_string => "a number",
            .string => "a string",
            .array => "an array",
            .object => "an object",
        };
        try self.add(path, "expected {s}, not {s}", .{ expected, given });
    }
};

/// Settings that were read, or null, and then `problems` says why.
pub fn parse(comptime T: type, text: []const u8, problems: *Problems) Allocator.Error!?T {
    const value = std.json.parseFromSliceLeaky(Value, problems.arena, text, .{}) catch |wrong| switch (wrong) {
        error.OutOfMemory => return error.OutOfMemory,
        else => {
            try problems.add("", "not JSON: {s}", .{@errorName(wrong)});
            return null;
        },
    };
    return read(T, value, "", problems);
}

pub fn read(comptime T: type, value: Value, path: []const u8, problems: *Problems) Allocator.Error!?T {
    switch (@typeInfo(T)) {
        .@"struct", .@"enum", .@"union" => if (@hasDecl(T, "fromSettings")) return T.fromSettings(value, path, problems),
        else => {},
    }
    switch (@typeInfo(T)) {
        .bool => if (value == .bool) return value.bool,
        .int => if (value == .integer) if (std.math.cast(T, value.integer)) |integer| return integer,
        .float => switch (value) {
            .integer => |integer| return @floatFromInt(integer),
            .float => |float| return @floatCast(float),
            else => {},
        },
        .optional => |optional| {
            if (value == .null) return @as(T, null);
            return @as(?T, (try read(optional.child, value, path, problems)) orelse return null);
        },
        .@"enum" => if (value == .string) if (std.meta.stringToEnum(T, value.string)) |one| return one,
        .pointer => |pointer| if (pointer.child == u8) {
            if (value == .string) return value.string;
        } else if (value == .array) return readList(pointer.child, value.array.items, path, problems),
        .@"struct" => if (value == .object) return readObject(T, value.object, path, problems),
        else => @compileError("settings cannot have the type " ++ @typeName(T)),
    }
    try problems.mismatch(path, comptime expectation(T), value);
    return null;
}

fn expectation(comptime T: type) []const u8 {
    return switch (@typeInfo(T)) {
        .bool => "true or false",
        .int => |int| std.fmt.comptimePrint("a whole number of {d} bits", .{int.bits}),
        .float => "a number",
        .@"enum" => |info| "one of " ++ joined(info.field_names),
        .pointer => |pointer| if (pointer.child == u8) "a string" else "an array",
        else => "an object",
    };
}

fn joined(comptime names: []const [:0]const u8) []const u8 {
    comptime var text: []const u8 = "";
    inline for (names, 0..) |name, index| text = text ++ (if (index == 0) "" else ", ") ++ name;
    return text;
}

/// Every element is looked at, even after one was wrong.
fn readList(comptime T: type, values: []const Value, path: []const u8, problems: *Problems) Allocator.Error!?[]const T {
    const list = try problems.arena.alloc(T, values.len);
    var valid = true;
    for (values, list, 0..) |value, *place, index| {
        const inner = try std.fmt.allocPrint(problems.arena, "{s}[{d}]", .{ path, index });
        if (try read(T, value, inner, problems)) |element| place.* = element else valid = false;
    }
    return if (valid) list else null;
}

fn readObject(comptime T: type, object: std.json.ObjectMap, path: []const u8, problems: *Problems) Allocator.Error!?T {
    const info = @typeInfo(T).@"struct";
    var result: T = undefined;
    var valid = true;
    for (object.keys()) |key| {
        const known = inline for (info.field_names) |name| {
            if (std.mem.eql(u8, name, key)) break true;
        } else false;
        if (known) continue;
        const known_names = comptime joined(info.field_names);
        try problems.add(try member(path, key, problems.arena), "unknown setting, expected {s}", .{known_names});
        valid = false;
    }
    inline for (info.field_names, info.field_types, info.field_attrs) |name, Field, attributes| {
        if (object.get(name)) |value| {
            const field = try read(Field, value, try member(path, name, problems.arena), problems);
            if (field) |given| @field(result, name) = given else valid = false;
        } else if (attributes.defaultValue(Field)) |default| {
            @field(result, name) = default;
        } else {
            try problems.add(try member(path, name, problems.arena), "is missing", .{});
            valid = false;
        }
    }
    return if (valid) result else null;
}

fn member(path: []const u8, name: []const u8, arena: Allocator) Allocator.Error![]const u8 {
    return if (path.len == 0) name else std.fmt.allocPrint(arena, "{s}.{s}", .{ path, name });
}

/// `"P1"` to `"P4"`.
pub fn readPriority(value: Value, path: []const u8, problems: *Problems) Allocator.Error!?Priority {
    if (value == .string) for (std.enums.values(Priority)) |priority| {
        if (std.mem.eql(u8, value.string, priority.name())) return priority;
    };
    try problems.mismatch(path, "P1, P2, P3 or P4", value);
    return null;
}

/// `NAME`, `receiver:NAME`, `person:NAME` or `schedule:NAME`.
pub fn readTarget(value: Value, path: []const u8, problems: *Problems) Allocator.Error!?Target {
    if (value != .string) {
        try problems.mismatch(path, "a target", value);
        return null;
    }
    const text = value.string;
    const colon = std.mem.indexOfScalar(u8, text, ':');
    const kind = if (colon) |end| text[0..end] else "receiver";
    const name = if (colon) |end| text[end + 1 ..] else text;
    if (name.len == 0) {
        try problems.add(path, "a target needs a name", .{});
        return null;
    }
    if (std.mem.eql(u8, kind, "receiver")) return .{ .receiver = name };
    if (std.mem.eql(u8, kind, "person")) return .{ .person = name };
    if (std.mem.eql(u8, kind, "schedule")) return .{ .schedule = name };
    try problems.add(path, "unknown kind of target \"{s}\": expected receiver, person or schedule", .{kind});
    return null;
}

/// Written as one target, or as a list of at least one.
pub const Targets = struct {
    list: []const Target,

    /// As a default: a receiver for each name.
    pub fn receivers(comptime names: []const []const u8) Targets {
        comptime var list: [names.len]Target = undefined;
        inline for (names, &list) |name, *target| target.* = .{ .receiver = name };
        const constant = list;
        return .{ .list = &constant };
    }

    pub fn fromSettings(value: Value, path: []const u8, problems: *Problems) Allocator.Error!?Targets {
        if (value != .array) {
            const target = try readTarget(value, path, problems) orelse return null;
            return .{ .list = try problems.arena.dupe(Target, &.{target}) };
        }
        const list = try readList(Target, value.array.items, path, problems) orelse return null;
        if (list.len > 0) return .{ .list = list };
        try problems.add(path, "needs at least one target", .{});
        return null;
    }
};

test "every problem is found with its path" {
    var arena: std.heap.ArenaAllocator = .init(std.testing.allocator);
    defer arena.deinit();
    const Rule = struct { priority: Priority, above: ?f64 = null };
    const Settings = struct { to: Targets, rules: []const Rule = &.{}, quiet: bool = false, retries: u8 = 3 };
    var problems: Problems = .{ .arena = arena.allocator() };
    const wrong =
        \\{ "rules": [{ "priority": "P5" }, { "priority": "P1", "above": "x" }, 7], "quiet": 1, "retries": 300, "tp": 1 }
    ;
    try std.testing.expect(try parse(Settings, wrong, &problems) == null);
    var written: std.ArrayList(u8) = .empty;
    for (problems.list.items) |problem| {
        const line = try std.fmt.allocPrint(arena.allocator(), "{s}: {s}\n", .{ problem.path, problem.message });
        try written.appendSlice(arena.allocator(), line);
    }
    try std.testing.expectEqualStrings(
        \\tp: unknown setting, expected to, rules, quiet, retries
        \\to: is missing
        \\rules[0].priority: expected P1, P2, P3 or P4, not a string
        \\rules[1].above: expected a number, not a string
        \\rules[2]: expected an object, not a number
        \\quiet: expected true or false, not a number
        \\retries: expected a whole number of 8 bits, not a number
        \\
    , written.items);
}

test "what is right is read" {
    var arena: std.heap.ArenaAllocator = .init(std.testing.allocator);
    defer arena.deinit();
    const Settings = struct { to: Targets = .receivers(&.{"ops"}), deep: struct { limit: ?f64 = null } = .{} };
    var problems: Problems = .{ .arena = arena.allocator() };
    const defaults = (try parse(Settings, "{}", &problems)).?;
    try std.testing.expectEqualStrings("ops", defaults.to.list[0].receiver);
    const given = (try parse(Settings,
        \\{ "to": ["person:a:b", "c"], "deep": { "limit": 5 } }
    , &problems)).?;
    try std.testing.expectEqualStrings("a:b", given.to.list[0].person);
    try std.testing.expectEqualStrings("c", given.to.list[1].receiver);
    try std.testing.expectEqual(@as(?f64, 5), given.deep.limit);
}
