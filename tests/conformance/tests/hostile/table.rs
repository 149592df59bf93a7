//! What becomes of each plugin of the hostile set, in its first words: `refused` is at load, and the others are the fault of
//! an evaluation, unless it is harmless and decides.

/// Behind every door alike.
pub const SAME: &str = "as a policy";

/// The sin; what becomes of it as a policy; as a program.
pub const ACTS: [(&str, &str, &str); 39] = [
    ("allocates", "the plugin asked for more memory than its limit", SAME),
    ("allocates-at-once", "the plugin asked for more memory than its limit", SAME),
    ("calls-another-type", "the plugin trapped: indirect call type mismatch, in sin", SAME),
    ("calls-nothing", "the plugin trapped: uninitialized element, in sin", SAME),
    ("divides-by-zero", "the plugin trapped: integer divide by zero, in sin", SAME),
    ("drains-the-random-source", "the plugin used up its fuel", SAME),
    (
        "exits",
        "the plugin trapped: wasm `unreachable` instruction executed, in sin",
        "the policy's decision makes no sense: it wrote nothing to stdout",
    ),
    ("fills", "the plugin used up its fuel", SAME),
    ("grows-many-tables", "the plugin trapped: it asked for a table of more than 20000 elements", SAME),
    ("grows-tables", "the plugin trapped: it asked for a table of more than 20000 elements", SAME),
    (
        "has-a-64-bit-memory",
        "refused: the runtime does not take it: failed to parse WebAssembly module: memory64 must be enabled for 64-bit memories",
        SAME,
    ),
    ("has-a-large-memory", "refused: the runtime does not take it: module memory does not fit", SAME),
    ("has-large-memories", "refused: the runtime does not take it: module memory does not fit", SAME),
    ("has-many-memories", "refused: the runtime does not take it: module memory does not fit", SAME),
    ("has-many-tables", "refused: the runtime does not take it: module table does not fit", SAME),
    ("is-born-with-a-large-table", "refused: the runtime does not take it: module table does not fit", SAME),
    ("looks-for-folders", "decided: steady, 0 lines", SAME),
    ("loops", "the plugin used up its fuel", SAME),
    ("opens-a-file", "refused: it imports path_open of wasi_snapshot_preview1", "decided: steady, 0 lines"),
    ("overflows", "the plugin trapped: invalid conversion to integer, in sin", SAME),
    ("points-nowhere", "the plugin trapped: out of bounds memory access, in sin", "decided: steady, 0 lines"),
    ("reads-out-of-bounds", "the plugin trapped: out of bounds memory access, in sin", SAME),
    ("reads-the-environment", "decided: steady, 0 lines", SAME),
    ("recurses", "the plugin trapped: call stack exhausted, in dig", SAME),
    ("recurses-with-large-frames", "the plugin trapped: call stack exhausted, in dig", SAME),
    ("sends-over-a-socket", "refused: it imports sock_send of wasi_snapshot_preview1", "decided: steady, 0 lines"),
    ("sleeps", "decided: steady, 0 lines", SAME),
    ("sleeps-for-ever", "the plugin used up its fuel", SAME),
    (
        "spawns-threads",
        "refused: the core module cannot be made a component: module requires an import interface named `wasi`",
        "refused: it imports wasi.thread-spawn",
    ),
    ("starts-with-a-loop", "refused: it cannot be started: the plugin used up its fuel", SAME),
    (
        "starts-with-a-trap",
        "refused: it cannot be started: the plugin trapped: wasm `unreachable` instruction executed, in main",
        SAME,
    ),
    ("starts-with-all-memory", "refused: it cannot be started: the plugin asked for more memory than its limit", SAME),
    (
        "throws",
        "refused: the runtime does not take it: failed to parse WebAssembly module: exceptions proposal not enabled",
        SAME,
    ),
    ("touches", "the plugin used up its fuel", SAME),
    ("traps", "the plugin trapped: wasm `unreachable` instruction executed, in sin", SAME),
    ("uses-atomics", "refused: the runtime does not take it: failed to compile:", SAME),
    ("waits", "refused: the runtime does not take it: failed to compile:", SAME),
    (
        "writes-data-out-of-bounds",
        "refused: it cannot be started: the plugin trapped: out of bounds memory access",
        SAME,
    ),
    ("writes-out-of-bounds", "the plugin trapped: out of bounds memory access, in sin", SAME),
];

/// Answers of a policy, in the layout of the canonical ABI.
pub const POLICY: [(&str, &str); 30] = [
    ("answers-askew", "the plugin trapped: return pointer not aligned"),
    ("answers-nowhere", "the plugin trapped: pointer out of bounds of memory"),
    ("checks-in-the-past", "decided: steady, 0 lines"),
    ("checks-never", "decided: steady, 0 lines"),
    ("floods", "the plugin answered with more than it may: more than 1048576 bytes at once"),
    ("floods-a-little", "the policy's decision makes no sense: 101 notices; at most 100 are taken"),
    (
        "has-a-key-with-lines",
        "the policy's decision makes no sense: the key of notice 0 must be 1 to 120 printable ASCII characters without '/'",
    ),
    (
        "has-an-endless-key",
        "the policy's decision makes no sense: the key of notice 0 must be 1 to 120 printable ASCII characters without '/'",
    ),
    (
        "has-no-key",
        "the policy's decision makes no sense: the key of notice 0 must be 1 to 120 printable ASCII characters without '/'",
    ),
    ("logs-a-megabyte", "the plugin answered with more than it may: more than 1048576 bytes at once"),
    ("logs-no-utf-8", "the plugin trapped: unexpected discriminant: 77"),
    ("logs-thousands", "decided: steady, 100 lines"),
    ("logs-without-end", "the plugin used up its fuel"),
    ("points-nowhere", "the plugin trapped: list pointer/length out of bounds of memory"),
    ("repeats-a-key", "the policy's decision makes no sense: two notices have the key \"steady\""),
    ("returns-100-megabytes", "the plugin trapped: string pointer/length out of bounds of memory"),
    ("returns-a-list-of-nothing", "the plugin answered with more than it may: more than 1048576 bytes at once"),
    ("returns-a-long-reason", "the policy's decision makes no sense: a reason of 2048 bytes; at most 1024 are taken"),
    (
        "returns-a-megabyte",
        "the plugin answered with more than it may: a decision of 1000000 bytes; at most 65536 are taken",
    ),
    ("returns-all-its-memory", "the plugin answered with more than it may: more than 1048576 bytes at once"),
    ("returns-an-endless-list", "the plugin trapped: list pointer/length out of bounds of memory"),
    ("returns-invalid-utf-8", "the plugin trapped: invalid utf-8 sequence of 1 bytes from index 0"),
    ("returns-neither", "the plugin trapped: invalid expected discriminant"),
    ("returns-no-priority", "the plugin trapped: unexpected discriminant: 200"),
    (
        "takes-the-hosts-key",
        "the policy's decision makes no sense: the key \"bellwire:reassigned-1\" begins with \"bellwire:\", which is the host's own",
    ),
    ("tells-another-kind", "the policy named a target that the team does not have: carrier-pigeon:key"),
    ("tells-no-kind", "the plugin trapped: unexpected discriminant: 99"),
    ("tells-nobody", "the policy's decision makes no sense: the notice \"key\" is to nobody"),
    ("tells-nobody-we-know", "decided: steady receiver:somebody-else, 0 lines"),
    ("tries-to-be-different", "decided: steady, 0 lines"),
];

/// Answers of a program, as text.
pub const JSON: [(&str, &str); 22] = [
    ("gives-up-at-length", "the plugin gave up: it exited with code 255:"),
    (
        "has-a-key-with-lines",
        "the policy's decision makes no sense: the key of notice 0 must be 1 to 120 printable ASCII characters without '/'",
    ),
    ("logs-thousands", "decided: steady, 100 lines"),
    ("logs-without-end", "the plugin used up its fuel"),
    ("tells-another-kind", "the policy named a target that the team does not have: carrier-pigeon:key"),
    ("tells-nobody-we-know", "decided: a receiver:somebody-else, 0 lines"),
    ("tries-to-be-different", "decided: "),
    ("writes-100-megabytes", "the plugin answered with more than it may: more than 65536 bytes on stdout"),
    (
        "writes-a-fraction",
        "the policy's decision makes no sense: what it wrote to stdout is not the answer: `ok.next_check`: invalid type: floating point `0.5`, expected u64",
    ),
    (
        "writes-a-member-twice",
        "the policy's decision makes no sense: what it wrote to stdout is not the answer: `ok`: duplicate field `reason`",
    ),
    (
        "writes-a-number-without-end",
        "the policy's decision makes no sense: what it wrote to stdout is not the answer: `ok.next_check`: number out of range",
    ),
    (
        "writes-a-time-before-time",
        "the policy's decision makes no sense: what it wrote to stdout is not the answer: `ok.next_check`: invalid value: integer `-1`, expected u64",
    ),
    ("writes-all-its-memory", "the plugin answered with more than it may: more than 65536 bytes on stdout"),
    ("writes-beyond-its-memory", "the policy's decision makes no sense: it wrote nothing to stdout"),
    (
        "writes-deep",
        "the policy's decision makes no sense: what it wrote to stdout is not the answer: `ok.ext[0][0]`: invalid type: sequence, expected a string",
    ),
    ("writes-in-a-thousand-places", "the plugin used up its fuel"),
    (
        "writes-invalid-utf-8",
        "the policy's decision makes no sense: what it wrote to stdout is not UTF-8 from byte 4 on",
    ),
    (
        "writes-no-json",
        "the policy's decision makes no sense: what it wrote to stdout is not the answer: expected value",
    ),
    (
        "writes-not-a-number",
        "the policy's decision makes no sense: what it wrote to stdout is not the answer: `ok.next_check`: expected value",
    ),
    ("writes-nothing", "the policy's decision makes no sense: it wrote nothing to stdout"),
    (
        "writes-two",
        "the policy's decision makes no sense: after its answer it wrote more to stdout: trailing characters",
    ),
    (
        "writes-what-nobody-knows",
        "the policy's decision makes no sense: what it wrote to stdout is not the answer: `ok.shell`: unknown field `shell`",
    ),
];

/// Whole files, which never get as far as to be asked.
pub const FILES: [(&str, &str); 18] = [
    (
        "begins-with-a-memory",
        "refused: it is no WASI command that can be run: its _start is not a function without parameters",
    ),
    (
        "begins-with-an-argument",
        "refused: it is no WASI command that can be run: its _start is not a function without parameters",
    ),
    ("exports-a-function", "refused: its bellwire:policy/evaluator"),
    ("exports-nothing", "refused: it does not export"),
    ("exports-other-types", "refused: its bellwire:policy/evaluator"),
    ("has-too-many-instances", "refused: the runtime does not take it: The component transitively"),
    ("hides-its-memory", "refused: it is no WASI command that can be run: it does not export its memory as \"memory\""),
    ("imports-files", "refused: it imports wasi:filesystem/types@0.2.0"),
    ("imports-from-the-host", "refused: it imports env.system"),
    ("imports-http", "refused: it imports wasi:http/outgoing-handler@0.2.0"),
    ("imports-random", "refused: it imports wasi:random/random@0.2.0"),
    ("imports-sockets", "refused: it imports wasi:sockets/tcp@0.2.0"),
    ("imports-something-else", "refused: it imports acme:bank/account@1.0.0"),
    ("imports-the-clock", "refused: it imports wasi:clocks/wall-clock@0.2.0"),
    ("imports-the-environment", "refused: it imports wasi:cli/environment@0.2.0"),
    ("is-a-library", "refused: it is a core module"),
    ("lies-about-the-version", "refused: it is built for bellwire:policy/evaluator@0.2.0"),
    ("lies-about-the-version-at-length", "refused: it is built for bellwire:policy 0.1.99"),
];

/// Answers of a source.
pub const SOURCE: [(&str, &str); 4] = [
    ("brings-a-label-of-40-megabytes", "the plugin answered with more than it may: more than 16777216 bytes"),
    ("brings-a-million-alerts", "the plugin answered with more than it may: more than 16777216 bytes"),
    ("brings-invalid-utf-8", "the plugin trapped: invalid utf-8"),
    ("brings-twenty-thousand", "converted: 10000 alerts, 0 unusable, 10000 beyond"),
];

/// Answers of a channel. What asks for too much of the host is refused by dispatch, which has tests of its own.
pub const CHANNEL: [(&str, &str); 6] = [
    ("asks-for-a-secret", "Send(ChannelRequest { method: \"POST\", url: [Secret(\"somebody-elses\")]"),
    ("gives-a-receipt-of-a-megabyte", "the plugin answered with more than it may: a receipt of 1000000 bytes"),
    ("retries-at-the-end-of-time", "Retry { after: Some(Span(18446744073709551615))"),
    ("sends-100-megabytes", "the plugin trapped: string pointer/length out of bounds of memory"),
    ("sends-a-megabyte", "the plugin answered with more than it may: a request of 1000000 bytes"),
    ("takes-another-step", "the plugin trapped: unexpected discriminant: 99"),
];
