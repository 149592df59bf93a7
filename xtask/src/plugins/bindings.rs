//! What the generators make of sdk/wit/policy.wit. It is committed in the SDKs, so that an author needs only a compiler;
//! here it is made anew, and compared.

use super::deliver_file;
use crate::workspace::Workspace;
use anyhow::{Context, ensure};
use std::{
    fs,
    path::{Path, PathBuf},
};
use wit_bindgen_core::{
    Files,
    wit_parser::{Resolve, WorldId},
};

struct Bindings {
    /// From the root of the clone.
    folder: &'static str,
    generate: fn(&mut Resolve, WorldId) -> anyhow::Result<Generated>,
}

/// Names, and what is in the files.
type Generated = Vec<(String, Vec<u8>)>;

const ALL: &[Bindings] = &[
    Bindings { folder: "sdk/c/generated", generate: c },
    Bindings { folder: "sdk/go", generate: go },
    Bindings { folder: "sdk/assemblyscript/generated", generate: assemblyscript },
];

/// Are the committed ones those of today's contract and generators?
pub fn check(workspace: &Workspace) -> anyhow::Result<()> {
    for (path, contents) in fresh(workspace)? {
        ensure!(
            fs::read(workspace.root.join(&path)).is_ok_and(|committed| committed == contents),
            "{} is not what its generator makes of sdk/wit/policy.wit: run `cargo xtask plugins --bindings`",
            path.display()
        );
    }
    Ok(())
}

/// Writes them anew.
pub fn write(workspace: &Workspace) -> anyhow::Result<()> {
    for (path, contents) in fresh(workspace)? {
        deliver_file(&contents, &workspace.root.join(&path))?;
        println!("plugins: {}", path.display());
    }
    Ok(())
}

fn fresh(workspace: &Workspace) -> anyhow::Result<Vec<(PathBuf, Vec<u8>)>> {
    let wit = workspace.root.join("sdk/wit/policy.wit");
    let text = fs::read_to_string(&wit).with_context(|| format!("cannot read {}", wit.display()))?;
    let mut files = Vec::new();
    for Bindings { folder, generate } in ALL {
        let mut resolve = Resolve::default();
        let package = resolve.push_str(&wit, &text)?;
        let world = resolve.select_world(&[package], Some("policy"))?;
        let made = generate(&mut resolve, world).with_context(|| format!("cannot generate {folder}"))?;
        files.extend(made.into_iter().map(|(name, contents)| (Path::new(folder).join(name), contents)));
    }
    Ok(files)
}

/// For C and Zig. Short names: `bellwire_alert_t`, not `bellwire_policy_types_alert_t`. The files are called bindings.*, as bellwire.h is
/// the SDK's own.
fn c(resolve: &mut Resolve, world: WorldId) -> anyhow::Result<Generated> {
    let package = resolve.worlds[world].package.context("a world lies in a package")?;
    let full_name = |interface| resolve.packages[package].name.interface_id(interface);
    let names = [("types", "bellwire"), ("log", "bellwire"), ("evaluator", "policy")];
    let rename = names.map(|(interface, name)| (full_name(interface), name.to_owned())).into();
    let options = wit_bindgen_c::Opts { rename, rename_world: Some("bellwire".into()), ..Default::default() };
    let mut files = Files::default();
    options.build().generate(resolve, world, &mut files)?;
    let include = [r#"#include "bellwire.h""#, r#"#include "bindings.h""#];
    let renamed = files.iter().map(|(name, contents)| match name {
        "bellwire.h" => ("bindings.h".into(), contents.into()),
        "bellwire.c" => {
            ("bindings.c".into(), String::from_utf8_lossy(contents).replace(include[0], include[1]).into_bytes())
        }
        _ => ("component_type.o".into(), contents.into()),
    });
    Ok(renamed.collect())
}

/// The generated code needs a runtime that is a Go module of its own; it lies in sdk/go/internal/wit, so that an author
/// needs no module proxy. Go's compiler embeds no component type: sdk/go/plugin appends it.
fn go(resolve: &mut Resolve, world: WorldId) -> anyhow::Result<Generated> {
    let encoding = wit_bindgen_component::StringEncoding::UTF8;
    let component_type = wit_bindgen_component::metadata::encode(resolve, world, encoding, None)?;
    let options = wit_bindgen_go::Opts {
        // Whether there is a gofmt here shall not change a byte.
        format: wit_bindgen_go::Format::False,
        pkg_name: Some("bellwire/internal/generated".into()),
        export_pkg_name: Some("bellwire/internal".into()),
        ..Default::default()
    };
    let mut files = Files::default();
    options.build().generate(resolve, world, &mut files)?;
    let ours = files.iter().map(|(name, contents)| {
        let text =
            String::from_utf8_lossy(contents).replace("go.bytecodealliance.org/pkg/wit", "bellwire/internal/wit");
        (format!("internal/generated/{name}"), text.into_bytes())
    });
    Ok(ours.chain([("plugin/component-type.bin".to_owned(), component_type)]).collect())
}

/// There is no generator for AssemblyScript; sdk/assemblyscript/transform.mjs adds the component type to the module, whose
/// texts are UTF-16.
fn assemblyscript(resolve: &mut Resolve, world: WorldId) -> anyhow::Result<Generated> {
    use wit_bindgen_component::{StringEncoding, metadata};
    let encoded = metadata::encode(resolve, world, StringEncoding::UTF16, None)?;
    Ok(vec![("component-type.bin".to_owned(), encoded)])
}
