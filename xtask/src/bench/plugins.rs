//! `cargo xtask bench --plugins`: what a plugin takes in each language, and what a hostile one costs its neighbours. Each
//! figure is of a process of its own (`plugin-figures` in tests/conformance).

use crate::{steps::Steps, workspace::Workspace};
use anyhow::{Context, ensure};
use serde::Deserialize;
use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

const DOCUMENT: &str = "docs/performance.md";
/// What `--write` replaces lies between these.
const MARKERS: [&str; 2] = ["<!-- plugins: begin -->", "<!-- plugins: end -->"];

const LANGUAGES: [(&str, &str); 8] = [
    ("rust", "Rust"),
    ("assemblyscript", "AssemblyScript"),
    ("c", "C"),
    ("json", "any, by the simple door (Rust, JSON)"),
    ("zig", "Zig"),
    ("typescript", "TypeScript"),
    ("go", "Go"),
    ("python", "Python"),
];

/// The sin, how many teams have it, and how many incidents of each are asked for at any time; none is the good one alone.
const BESIDE: [(&str, Option<[&str; 3]>); 8] = [
    ("alone", None),
    ("beside one that loops", Some(["acts/loops", "1", "1"])),
    ("beside fifty incidents of a team with one that loops", Some(["acts/loops", "1", "50"])),
    ("beside fifty of each of five such teams", Some(["acts/loops", "5", "50"])),
    ("beside one that takes all memory and writes to it", Some(["acts/touches", "1", "1"])),
    ("beside one that asks for ever more memory", Some(["acts/allocates", "1", "1"])),
    ("beside one that traps", Some(["acts/traps", "1", "1"])),
    ("beside one that returns 100 MB", Some(["policy/returns-100-megabytes", "1", "1"])),
];

/// Times are in nanoseconds.
#[derive(Deserialize)]
struct OfPlugin {
    bytes: u64,
    compile: u64,
    start: u64,
    p50: u64,
    p99: u64,
    fuel: u64,
    memory: u64,
}

#[derive(Deserialize)]
struct Bare {
    start: u64,
}

#[derive(Deserialize)]
struct Neighbour {
    p50: u64,
    p99: u64,
    samples: u64,
    hostile: u64,
    resident: u64,
}

pub fn run(workspace: &Workspace, write: bool) -> anyhow::Result<()> {
    let mut steps = Steps::new(3);
    steps.begin("What measures, as it is released");
    let program = build(workspace)?;
    steps.begin("Each language");
    let languages = languages(workspace, &program)?;
    println!("{languages}");
    steps.begin("Neighbours");
    let neighbours = neighbours(&program)?;
    println!("{neighbours}");
    if write {
        let document = workspace.root.join(DOCUMENT);
        let text = fs::read_to_string(&document).with_context(|| format!("cannot read {DOCUMENT}"))?;
        let text = replaced(&text, &format!("{languages}\n{neighbours}"))?;
        fs::write(&document, text).with_context(|| format!("cannot write {DOCUMENT}"))?;
    }
    Ok(())
}

fn build(workspace: &Workspace) -> anyhow::Result<PathBuf> {
    let built = workspace.cargo().args(["build", "--release", "--workspace", "--bin", "plugin-figures"]).status();
    ensure!(built.context("cannot start cargo")?.success(), "what measures does not compile: see above");
    Ok(workspace.target.join("release/plugin-figures"))
}

fn measure<T: for<'a> Deserialize<'a>>(program: &Path, arguments: &[&str]) -> anyhow::Result<T> {
    let output = Command::new(program).args(arguments).output().context("what measures does not start")?;
    ensure!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).with_context(|| format!("{arguments:?} is told in other words"))
}

fn languages(workspace: &Workspace, program: &Path) -> anyhow::Result<String> {
    let built = workspace.root.join("target/plugins");
    let examples = workspace.root.join("examples/languages/cases/ladder.toml");
    let ladders = LANGUAGES.map(|(file, name)| (built.join(format!("languages/{file}.wasm")), name, examples.clone()));
    let standard = workspace.root.join("plugins/standard/cases");
    let mut table =
        "| language | file | compile | start | p50 | p99 | fuel | memory |\n|---|---|---|---|---|---|---|---|\n"
            .to_owned();
    let mut rust = None;
    for (file, name, cases) in ladders {
        if !file.is_file() {
            println!("skipped: {name} is not built: cargo xtask plugins --languages");
            continue;
        }
        let of: OfPlugin = measure(program, &["plugin", &file.to_string_lossy(), &cases.to_string_lossy()])?;
        table.push_str(&row(name, &of));
        rust = rust.or_else(|| (name == "Rust").then_some((file, of)));
    }
    let standard = first_cases(&standard)?;
    let file = built.join("standard.wasm");
    let of: OfPlugin = measure(program, &["plugin", &file.to_string_lossy(), &standard.to_string_lossy()])?;
    table.push_str(&row("the shipped `standard` (Rust)", &of));
    if let Some((file, of)) = rust {
        let bare: Bare = measure(program, &["bare", &file.to_string_lossy()])?;
        let _ = write!(
            table,
            "\nWasmtime alone, with its pool of instances as it comes and without our limits and types, starts the one in Rust and \
             has it describe itself in {}; here that takes {}: {:.2} times as long. Our pool keeps the memory that a call has \
             touched, its own gives it back; evaluations are not compared.\n",
            time(bare.start),
            time(of.start),
            of.start as f64 / bare.start as f64
        );
    }
    Ok(table)
}

/// The first file of a folder, by name.
fn first_cases(folder: &Path) -> anyhow::Result<PathBuf> {
    let entries = fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let files = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let files = files.filter(|file| file.extension().is_some_and(|extension| extension == "toml"));
    files.min().with_context(|| format!("{} has no cases", folder.display()))
}

fn row(name: &str, of: &OfPlugin) -> String {
    let OfPlugin { bytes, compile, start, p50, p99, fuel, memory } = of;
    let [compile, start, p50, p99] = [compile, start, p50, p99].map(|nanoseconds| time(*nanoseconds));
    let fuel =
        if *fuel < 1_000_000 { format!("{} k", fuel.div_ceil(1_000)) } else { format!("{:.1} M", *fuel as f64 / 1e6) };
    format!("| {name} | {} | {compile} | {start} | {p50} | {p99} | {fuel} | {} |\n", size(*bytes), size(*memory))
}

fn neighbours(program: &Path) -> anyhow::Result<String> {
    let mut table =
        "| a good policy | p50 | | p99 | | resident | hostile evaluations meanwhile |\n|---|---|---|---|---|---|---|\n"
            .to_owned();
    let mut alone: Option<Neighbour> = None;
    for (name, beside) in BESIDE {
        let mut arguments = vec!["neighbours"];
        arguments.extend(beside.into_iter().flatten());
        let one: Neighbour = measure(program, &arguments)?;
        let ratio = |ours: u64, of: fn(&Neighbour) -> u64| {
            alone.as_ref().map_or("1".into(), |alone| format!("{:.2} ×", ours as f64 / of(alone) as f64))
        };
        let _ = writeln!(
            table,
            "| {name} | {} | {} | {} | {} | {} | {} beside {} |",
            time(one.p50),
            ratio(one.p50, |alone| alone.p50),
            time(one.p99),
            ratio(one.p99, |alone| alone.p99),
            size(one.resident),
            one.hostile,
            one.samples,
        );
        alone.get_or_insert(one);
    }
    Ok(table)
}

/// Two digits that mean something.
fn time(nanoseconds: u64) -> String {
    let (value, unit) = match nanoseconds as f64 {
        time if time < 1e6 => (time / 1e3, "µs"),
        time if time < 1e9 => (time / 1e6, "ms"),
        time => (time / 1e9, "s"),
    };
    if value < 10.0 { format!("{value:.1} {unit}") } else { format!("{value:.0} {unit}") }
}

fn size(bytes: u64) -> String {
    match bytes {
        bytes if bytes < 1 << 20 => format!("{} KiB", bytes.div_ceil(1 << 10)),
        bytes if bytes < 10 << 20 => format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20)),
        bytes => format!("{} MiB", bytes >> 20),
    }
}

fn replaced(text: &str, tables: &str) -> anyhow::Result<String> {
    let [begin, end] = MARKERS;
    let (before, rest) = text.split_once(begin).with_context(|| format!("{DOCUMENT} has no line {begin}"))?;
    let (_, after) = rest.split_once(end).with_context(|| format!("{DOCUMENT} has no line {end}"))?;
    Ok(format!("{before}{begin}\n\n{tables}\n{end}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_between_the_markers_is_replaced() {
        let text = format!("before\n{}\nold\n{}\nafter\n", MARKERS[0], MARKERS[1]);
        let new = format!("before\n{}\n\n| new |\n\n{}\nafter\n", MARKERS[0], MARKERS[1]);
        assert_eq!(replaced(&text, "| new |\n").ok().as_ref(), Some(&new));
        assert_eq!(replaced(&new, "| new |\n").ok(), Some(new));
        assert!(replaced("nothing", "").is_err());
    }

    #[test]
    fn figures_have_two_digits_that_mean_something() {
        assert_eq!([time(9_400), time(123_456), time(8_300_000_000)], ["9.4 µs", "123 µs", "8.3 s"]);
        assert_eq!([size(30_190), size(1_755_553), size(19_186_027)], ["30 KiB", "1.7 MiB", "18 MiB"]);
    }
}
