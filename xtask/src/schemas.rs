//! `cargo xtask schemas`: the documents of the JSON door as JSON Schemas, made of sdk/wit.
//!
//! Names are the contract's in snake_case. What a program writes is taken to the letter, so its schemas allow nothing
//! unknown; what it reads may say more in a later version.

use crate::workspace::Workspace;
use anyhow::{Context, bail, ensure};
use serde::{Serialize, Serializer, ser::SerializeMap};
use std::{
    fs,
    path::{Path, PathBuf},
};
use wit_bindgen_core::wit_parser::{Docs, InterfaceId, Resolve, Type, TypeDefKind, TypeId};

const FOLDER: &str = "sdk/json";
const CONTRACT: &str = "sdk/wit";

struct Document {
    /// Of the file, which is FOLDER/NAME.schema.json.
    name: &'static str,
    /// Of the contract, in which its type is.
    interface: &'static str,
    shape: Shape,
    side: Side,
}

enum Shape {
    One(&'static str),
    ListOf(&'static str),
}

#[derive(Clone, Copy, PartialEq)]
enum Side {
    /// Everything is there, also what is empty.
    Read,
    /// What is empty may be left out.
    Written,
}

const DOCUMENTS: [Document; 15] = [
    // Of all.
    Document { name: DESCRIPTION, interface: "types", shape: Shape::One("description"), side: Side::Written },
    Document { name: "problems", interface: "types", shape: Shape::ListOf("problem"), side: Side::Written },
    // Of policies.
    Document { name: "facts", interface: "types", shape: Shape::One("facts"), side: Side::Read },
    Document { name: "decision", interface: "types", shape: Shape::One("decision"), side: Side::Written },
    Document { name: "error", interface: "types", shape: Shape::One("policy-error"), side: Side::Written },
    Document { name: "wants", interface: "types", shape: Shape::One("wants"), side: Side::Written },
    // Of sources.
    Document { name: "webhook", interface: "converter", shape: Shape::One("webhook"), side: Side::Read },
    Document { name: "alerts", interface: "converter", shape: Shape::ListOf("incoming"), side: Side::Written },
    Document { name: "source-error", interface: "converter", shape: Shape::One("source-error"), side: Side::Written },
    Document { name: "source-wants", interface: "converter", shape: Shape::One("source-wants"), side: Side::Written },
    // Of channels.
    Document { name: "message", interface: "messenger", shape: Shape::One("message"), side: Side::Read },
    Document { name: "responses", interface: "messenger", shape: Shape::ListOf("response"), side: Side::Read },
    Document { name: "step", interface: "messenger", shape: Shape::One("step"), side: Side::Written },
    Document { name: "channel-error", interface: "messenger", shape: Shape::One("channel-error"), side: Side::Written },
    Document { name: "channel-wants", interface: "messenger", shape: Shape::One("channel-wants"), side: Side::Written },
];

/// A component shows on its outside what it is; a program says it in this document.
const DESCRIPTION: &str = "description";
const WORLDS: [&str; 3] = ["policy", "source", "channel"];

pub fn run(workspace: &Workspace) -> anyhow::Result<()> {
    for (path, text) in fresh(&workspace.root)? {
        let path = workspace.root.join(path);
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
        println!("{}", path.strip_prefix(&workspace.root)?.display());
    }
    Ok(())
}

/// Every file, from the root of the clone, as it should be.
fn fresh(root: &Path) -> anyhow::Result<Vec<(PathBuf, String)>> {
    let contract = root.join(CONTRACT);
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir(&contract).with_context(|| format!("cannot read {}", contract.display()))?;
    let interfaces = &resolve.packages[package].interfaces;
    DOCUMENTS
        .iter()
        .map(|document| {
            let Document { name, interface, side, .. } = *document;
            let types = *interfaces.get(interface).with_context(|| format!("there is no interface {interface:?}"))?;
            let mut schema = Writer { resolve: &resolve, side, definitions: Vec::new() }
                .document(types, document)
                .with_context(|| format!("cannot say {name:?} in JSON"))?;
            if name == DESCRIPTION {
                schema.properties.push(("world".into(), world()));
            }
            let mut text = serde_json::to_string_pretty(&schema)?;
            text.push('\n');
            Ok((Path::new(FOLDER).join(format!("{name}.schema.json")), text))
        })
        .collect()
}

fn world() -> Schema {
    let description = Some("What it is. Missing: a policy.".into());
    Schema { description, cases: WORLDS.map(String::from).into(), ..Schema::of_kind("string") }
}

/// As much of JSON Schema as the contract needs, in the order in which a reader wants it.
#[derive(Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Schema {
    #[serde(rename = "$schema", skip_serializing_if = "Option::is_none")]
    dialect: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(rename = "$ref", skip_serializing_if = "Option::is_none")]
    reference: Option<String>,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    #[serde(rename = "enum", skip_serializing_if = "Vec::is_empty")]
    cases: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    minimum: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    maximum: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    items: Option<Box<Schema>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    any_of: Vec<Schema>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    one_of: Vec<Schema>,
    #[serde(skip_serializing_if = "Vec::is_empty", serialize_with = "in_order")]
    properties: Vec<(String, Schema)>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    required: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    additional_properties: Option<bool>,
    #[serde(rename = "$defs", skip_serializing_if = "Vec::is_empty", serialize_with = "in_order")]
    definitions: Vec<(String, Schema)>,
}

/// That of the contract, whatever map the JSON library has.
fn in_order<S: Serializer>(members: &[(String, Schema)], serializer: S) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(members.len()))?;
    for (name, schema) in members {
        map.serialize_entry(name, schema)?;
    }
    map.end()
}

impl Schema {
    fn of_kind(kind: &'static str) -> Self {
        Self { kind: Some(kind), ..Self::default() }
    }

    fn integer(minimum: i64, maximum: Option<i64>) -> Self {
        Self { minimum: Some(minimum), maximum, ..Self::of_kind("integer") }
    }

    fn described(self, docs: &Docs) -> Self {
        let description = docs.contents.as_ref().map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "));
        Self { description: description.or(self.description), ..self }
    }
}

/// Writes one document; types with a name become definitions, in the order of their first use.
struct Writer<'a> {
    resolve: &'a Resolve,
    side: Side,
    definitions: Vec<(String, Schema)>,
}

impl Writer<'_> {
    fn document(mut self, types: InterfaceId, document: &Document) -> anyhow::Result<Schema> {
        let (Shape::One(name) | Shape::ListOf(name)) = document.shape;
        let id = *self.resolve.interfaces[types].types.get(name).with_context(|| format!("there is no {name:?}"))?;
        let schema = match document.shape {
            Shape::One(_) => self.definition(id)?,
            Shape::ListOf(_) => Schema { items: Some(Box::new(self.named(id)?)), ..Schema::of_kind("array") },
        };
        Ok(Schema {
            dialect: Some("https://json-schema.org/draft/2020-12/schema"),
            title: Some(document.name.into()),
            definitions: self.definitions,
            ..schema
        })
    }

    fn schema(&mut self, kind: &Type) -> anyhow::Result<Schema> {
        Ok(match kind {
            Type::Bool => Schema::of_kind("boolean"),
            Type::String => Schema::of_kind("string"),
            Type::U8 => Schema::integer(0, Some(u8::MAX.into())),
            Type::U16 => Schema::integer(0, Some(u16::MAX.into())),
            Type::U32 => Schema::integer(0, Some(u32::MAX.into())),
            Type::U64 => Schema::integer(0, None),
            Type::S32 => Schema::integer(i32::MIN.into(), Some(i32::MAX.into())),
            Type::Id(id) => return self.named(*id),
            other => bail!("it has no form for {other:?} yet"),
        })
    }

    /// A reference, if the type has a name.
    fn named(&mut self, id: TypeId) -> anyhow::Result<Schema> {
        // One that is used from another interface is that one's.
        if let TypeDefKind::Type(Type::Id(used)) = self.resolve.types[id].kind {
            return self.named(used);
        }
        let Some(name) = &self.resolve.types[id].name else { return self.definition(id) };
        let name = snake_case(name);
        if !self.definitions.iter().any(|(known, _)| *known == name) {
            let place = self.definitions.len();
            self.definitions.push((name.clone(), Schema::default()));
            let schema = self.definition(id)?;
            self.definitions[place].1 = schema;
        }
        Ok(Schema { reference: Some(format!("#/$defs/{name}")), ..Schema::default() })
    }

    fn definition(&mut self, id: TypeId) -> anyhow::Result<Schema> {
        let resolve = self.resolve;
        let definition = &resolve.types[id];
        let schema = match &definition.kind {
            TypeDefKind::Record(record) => {
                let fields = record.fields.iter().map(|field| (&*field.name, &field.ty, &field.docs));
                self.object(fields)?
            }
            TypeDefKind::Variant(variant) => {
                let cases = variant.cases.iter().map(|case| {
                    let kind = case.ty.as_ref().with_context(|| format!("the case {:?} is empty", case.name))?;
                    let object = self.object([(&*case.name, kind, &case.docs)].into_iter())?;
                    // Its name is what it says, also where its value may be none.
                    Ok(Schema { required: vec![snake_case(&case.name)], ..object })
                });
                Schema { one_of: cases.collect::<anyhow::Result<_>>()?, ..Schema::default() }
            }
            TypeDefKind::Enum(cases) => {
                let cases = cases.cases.iter().map(|case| snake_case(&case.name)).collect();
                Schema { cases, ..Schema::of_kind("string") }
            }
            // Bytes are text here: a program reads no others.
            TypeDefKind::List(Type::U8) => Schema::of_kind("string"),
            TypeDefKind::List(element) => {
                Schema { items: Some(Box::new(self.schema(element)?)), ..Schema::of_kind("array") }
            }
            TypeDefKind::Option(value) => {
                Schema { any_of: vec![self.schema(value)?, Schema::of_kind("null")], ..Schema::default() }
            }
            TypeDefKind::Type(other) => self.schema(other)?,
            other => bail!("it has no form for {} yet", other.as_str()),
        };
        Ok(schema.described(&definition.docs))
    }

    fn object<'a>(&mut self, fields: impl Iterator<Item = (&'a str, &'a Type, &'a Docs)>) -> anyhow::Result<Schema> {
        let mut object = Schema::of_kind("object");
        for (name, kind, docs) in fields {
            let name = snake_case(name);
            let schema = self.schema(kind)?.described(docs);
            if self.side == Side::Read || !self.may_be_left_out(kind) {
                object.required.push(name.clone());
            }
            object.properties.push((name, schema));
        }
        ensure!(!object.properties.is_empty(), "it has no form for a record without fields yet");
        object.additional_properties = (self.side == Side::Written).then_some(false);
        Ok(object)
    }

    fn may_be_left_out(&self, kind: &Type) -> bool {
        match kind {
            Type::Id(id) => matches!(self.resolve.types[*id].kind, TypeDefKind::Option(_) | TypeDefKind::List(_)),
            _ => false,
        }
    }
}

fn snake_case(name: &str) -> String {
    name.replace('-', "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_schemas_are_those_of_the_contract() -> anyhow::Result<()> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        for (path, text) in fresh(&root)? {
            let committed = fs::read_to_string(root.join(&path)).unwrap_or_default();
            assert!(committed == text, "{} is not current: run `cargo xtask schemas`", path.display());
        }
        Ok(())
    }
}
