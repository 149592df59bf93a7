//! The root of every plugin: the exports that the C bindings call, around the author's policy.
//!
//! The bindings' types and ours have the same fields, so one function lifts and one lowers them all; a difference does
//! not compile.

const std = @import("std");
const bellwire = @import("bellwire");
const bindings = @import("bindings");
const policy = @import("policy");
const Allocator = std.mem.Allocator;

pub const std_options: std.Options = .{ .logFn = log };
/// A trap tells the host all that it needs.
pub const panic = std.debug.no_panic;

export fn exports_policy_describe(description: *bindings.exports_policy_description_t) void {
    const arena = newArena();
    description.* = lower(bindings.exports_policy_description_t, arena, policy.description) catch @trap();
}

export fn exports_policy_check(
    text: *bindings.bellwire_string_t,
    wants: *bindings.exports_policy_wants_t,
    found: *bindings.exports_policy_list_problem_t,
) bool {
    const arena = newArena();
    var problems: bellwire.Problems = .{ .arena = arena };
    const wanted = check(arena, slice(text.*), &problems) catch @trap();
    if (problems.list.items.len > 0) {
        found.* = lower(bindings.exports_policy_list_problem_t, arena, problems.list.items) catch @trap();
        return false;
    }
    wants.* = lower(bindings.exports_policy_wants_t, arena, wanted) catch @trap();
    return true;
}

fn check(arena: Allocator, text: []const u8, problems: *bellwire.Problems) !bellwire.Wants {
    const settings = try bellwire.settings.parse(policy.Settings, text, problems) orelse return .{};
    return policy.check(arena, settings, problems);
}

export fn exports_policy_evaluate(
    text: *bindings.bellwire_string_t,
    facts: *bindings.exports_policy_facts_t,
    decision: *bindings.exports_policy_decision_t,
    failure: *bindings.exports_policy_policy_error_t,
) bool {
    const arena = newArena();
    const decided = evaluate(arena, slice(text.*), facts) catch |why| {
        const tag: u8 = switch (@as(anyerror, why)) {
            error.Settings => bindings.BELLWIRE_POLICY_ERROR_SETTINGS,
            error.NotApplicable => bindings.BELLWIRE_POLICY_ERROR_NOT_APPLICABLE,
            else => bindings.BELLWIRE_POLICY_ERROR_FAILED,
        };
        const name = lower(bindings.bellwire_string_t, arena, @errorName(why)) catch @trap();
        failure.* = .{ .tag = tag, .val = .{ .failed = name } };
        return false;
    };
    decision.* = lower(bindings.exports_policy_decision_t, arena, decided) catch @trap();
    return true;
}

fn evaluate(arena: Allocator, text: []const u8, facts: *const bindings.exports_policy_facts_t) !bellwire.Decision {
    var problems: bellwire.Problems = .{ .arena = arena };
    const settings = try bellwire.settings.parse(policy.Settings, text, &problems) orelse return error.Settings;
    return policy.evaluate(arena, settings, try lift(bellwire.Facts, arena, facts.*));
}

/// Never freed: an instance lives for one call.
fn newArena() Allocator {
    const state = struct {
        var arena: std.heap.ArenaAllocator = .init(std.heap.c_allocator);
    };
    return state.arena.allocator();
}

fn log(comptime level: std.log.Level, comptime _: @EnumLiteral(), comptime format: []const u8, arguments: anytype) void {
    const code: u8 = switch (level) {
        .debug => bindings.BELLWIRE_LEVEL_DEBUG,
        .info => bindings.BELLWIRE_LEVEL_INFO,
        .warn => bindings.BELLWIRE_LEVEL_WARN,
        .err => bindings.BELLWIRE_LEVEL_ERROR,
    };
    const line = std.fmt.allocPrint(newArena(), format, arguments) catch return;
    var text = lower(bindings.bellwire_string_t, newArena(), line) catch return;
    bindings.bellwire_log(code, &text);
}

fn slice(text: bindings.bellwire_string_t) []const u8 {
    return if (text.len == 0) "" else text.ptr[0..text.len];
}

/// What the bindings hold, as ours.
fn lift(comptime T: type, arena: Allocator, from: anytype) Allocator.Error!T {
    switch (@typeInfo(T)) {
        .bool, .int => return from,
        .@"enum" => return @fromBackingInt(@intCast(from)),
        .optional => |optional| return if (from.is_some) try lift(optional.child, arena, from.val) else null,
        .pointer => |pointer| {
            if (pointer.child == u8) return slice(from);
            const list = try arena.alloc(pointer.child, from.len);
            for (list, 0..) |*place, index| place.* = try lift(pointer.child, arena, from.ptr[index]);
            return list;
        },
        .@"struct" => |info| {
            var result: T = undefined;
            inline for (info.field_names, info.field_types) |name, Field| {
                @field(result, name) = try lift(Field, arena, @field(from, name));
            }
            return result;
        },
        .@"union" => |info| {
            inline for (info.field_names, info.field_types, 0..) |name, Field, tag| {
                if (from.tag == tag) return @unionInit(T, name, try lift(Field, arena, @field(from.val, name)));
            }
            @trap();
        },
        else => @compileError("cannot lift " ++ @typeName(T)),
    }
}

/// Ours, as the bindings hold it.
fn lower(comptime T: type, arena: Allocator, from: anytype) Allocator.Error!T {
    switch (@typeInfo(@TypeOf(from))) {
        .bool, .int => return from,
        .@"enum" => return @backingInt(from),
        .optional => {
            const value = from orelse return std.mem.zeroes(T);
            return .{ .is_some = true, .val = try lower(@FieldType(T, "val"), arena, value) };
        },
        .pointer => |pointer| {
            // A literal is a pointer to an array.
            if (pointer.size == .one) return lower(T, arena, @as([]const std.meta.Elem(@TypeOf(from)), from));
            // The pointer of an empty slice may be anything, and the host looks at it.
            if (from.len == 0) return std.mem.zeroes(T);
            if (pointer.child == u8) return .{ .ptr = @constCast(from.ptr), .len = from.len };
            const Element = std.meta.Child(@FieldType(T, "ptr"));
            const list = try arena.alloc(Element, from.len);
            for (list, from) |*place, element| place.* = try lower(Element, arena, element);
            return .{ .ptr = list.ptr, .len = list.len };
        },
        .@"struct" => |info| {
            var result: T = undefined;
            inline for (info.field_names) |name| {
                @field(result, name) = try lower(@FieldType(T, name), arena, @field(from, name));
            }
            return result;
        },
        .@"union" => switch (from) {
            inline else => |payload, tag| {
                const Value = @FieldType(T, "val");
                const value = try lower(@FieldType(Value, @tagName(tag)), arena, payload);
                return .{ .tag = @backingInt(tag), .val = @unionInit(Value, @tagName(tag), value) };
            },
        },
        else => @compileError("cannot lower " ++ @typeName(@TypeOf(from))),
    }
}
