//! YAML as a tree in which every value knows its place. Hostile texts are bounded: bytes, depth, and how much aliases
//! make of them.

use crate::report::{Notes, Place};
use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Tag};
use std::{collections::HashMap, rc::Rc};

pub(crate) const BYTES_MAX: usize = 1 << 20;
const DEPTH_MAX: usize = 100;
/// Of the whole tree, what an alias stands for counted each time.
const VALUES_MAX: usize = 100_000;

pub(crate) struct Node {
    pub place: Place,
    pub kind: Kind,
    /// Values in it, itself and what aliases stand for included.
    weight: usize,
}

pub(crate) enum Kind {
    Scalar(Scalar),
    Sequence(Vec<Rc<Node>>),
    Mapping(Vec<(Rc<Node>, Rc<Node>)>),
}

pub(crate) struct Scalar {
    pub text: String,
    pub means: Means,
}

/// What a scalar is, as YAML 1.1 and Go's yaml.v2 have it: `yes` is true.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Means {
    Null,
    Flag(bool),
    Whole(i64),
    Text,
}

/// A collection that has not ended yet.
struct Open {
    begin: Marker,
    anchor: usize,
    items: Vec<Rc<Node>>,
    is_mapping: bool,
}

/// The first document of `text`, as Alertmanager takes it; none: there is none, or an error is noted.
pub(crate) fn parse(text: &str, notes: &Notes) -> Option<Rc<Node>> {
    if text.len() > BYTES_MAX {
        notes.error(Place::default(), format!("the file is over {BYTES_MAX} bytes"), "");
        return None;
    }
    let mut open: Vec<Open> = Vec::new();
    let mut anchors: HashMap<usize, Rc<Node>> = HashMap::new();
    let mut weight = 0;
    for next in Parser::new_from_str(text) {
        let (event, span) = match next {
            Ok(next) => next,
            Err(error) => {
                notes.error(Place::at(*error.marker()), format!("this is not YAML: {}", error.info()), "");
                return None;
            }
        };
        let whole = Place::of(span);
        let (node, anchor, adds) = match event {
            Event::Nothing | Event::StreamStart | Event::DocumentStart(_) => continue,
            Event::StreamEnd | Event::DocumentEnd => return None,
            Event::SequenceStart(anchor, _) | Event::MappingStart(anchor, _) if open.len() < DEPTH_MAX => {
                let is_mapping = matches!(event, Event::MappingStart(..));
                open.push(Open { begin: span.start, anchor, items: Vec::new(), is_mapping });
                continue;
            }
            Event::SequenceStart(..) | Event::MappingStart(..) => {
                notes.error(whole, "lists in lists, too deep", format!("{DEPTH_MAX} levels are taken"));
                return None;
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let ended = open.pop()?;
                let anchor = ended.anchor;
                (ended.close(span.end), anchor, 1)
            }
            Event::Scalar(text, style, anchor, tag) => {
                (scalar(text.into_owned(), style, tag.as_deref(), whole, notes)?, anchor, 1)
            }
            Event::Alias(id) => match anchors.get(&id) {
                Some(node) => (node.clone(), 0, node.weight),
                None => {
                    notes.error(whole, "this alias is inside of what it stands for", "");
                    return None;
                }
            },
        };
        weight += adds;
        if weight > VALUES_MAX {
            notes.error(whole, format!("the file has more than {VALUES_MAX} values"), "use fewer aliases");
            return None;
        }
        if anchor > 0 {
            anchors.insert(anchor, node.clone());
        }
        match open.last_mut() {
            Some(parent) => parent.items.push(node),
            None => return Some(node),
        }
    }
    None
}

impl Open {
    fn close(self, end: Marker) -> Rc<Node> {
        let weight = 1 + self.items.iter().map(|item| item.weight).sum::<usize>();
        let kind = if self.is_mapping {
            let mut items = self.items.into_iter();
            Kind::Mapping(std::iter::from_fn(|| Some((items.next()?, items.next()?))).collect())
        } else {
            Kind::Sequence(self.items)
        };
        Rc::new(Node { place: Place { start: self.begin.into(), end: end.into() }, kind, weight })
    }
}

/// None: its tag says that it is something else, which is noted.
fn scalar(text: String, style: ScalarStyle, tag: Option<&Tag>, place: Place, notes: &Notes) -> Option<Rc<Node>> {
    let plain = if style == ScalarStyle::Plain { means(&text) } else { Means::Text };
    let tag_name = tag.map(|tag| if tag.is_yaml_core_schema() { tag.suffix.as_str() } else { "" });
    let means = match (tag_name, means(&text)) {
        (None, _) => plain,
        (Some("str"), _) => Means::Text,
        (Some("bool"), means @ Means::Flag(_))
        | (Some("int"), means @ Means::Whole(_))
        | (Some("null"), means @ Means::Null) => means,
        (Some(_), _) => {
            notes.error(place, "this tag does not fit its value", "leave the tag out");
            return None;
        }
    };
    Some(Rc::new(Node { place, kind: Kind::Scalar(Scalar { text, means }), weight: 1 }))
}

fn means(text: &str) -> Means {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Means::Null,
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => Means::Flag(true),
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => Means::Flag(false),
        _ => text.replace('_', "").parse().map_or(Means::Text, Means::Whole),
    }
}

impl Node {
    pub fn is_null(&self) -> bool {
        matches!(&self.kind, Kind::Scalar(scalar) if scalar.means == Means::Null)
    }

    /// For messages.
    pub fn noun(&self) -> &'static str {
        match &self.kind {
            Kind::Sequence(_) => "a list",
            Kind::Mapping(_) => "a mapping",
            Kind::Scalar(scalar) => match scalar.means {
                Means::Null => "nothing",
                Means::Flag(_) => "true or false",
                Means::Whole(_) => "a number",
                Means::Text => "text",
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> String {
        let notes = Notes::default();
        let parsed = parse(text, &notes).is_some();
        let report = notes.into_report("file.yml", text);
        assert_eq!(parsed, report.is_none());
        report.map(|report| report.lines().collect::<Vec<_>>().join("\n")).unwrap_or_default()
    }

    #[test]
    fn aliases_cannot_make_much_of_little() {
        let mut laughs = String::from("a: &a [x, x, x, x, x, x, x, x, x, x]\n");
        for (name, of) in ('b'..='j').zip('a'..) {
            let items = vec![format!("*{of}"); 10].join(", ");
            laughs.push_str(&format!("{name}: &{name} [{items}]\n"));
        }
        assert_eq!(said(&laughs), "file.yml:5:36: the file has more than 100000 values (use fewer aliases)");
        assert_eq!(said("a: &a [*a]\n"), "file.yml:1:8: this alias is inside of what it stands for");
    }

    #[test]
    fn depth_and_length_are_bounded() {
        // The scanner looks ahead, and so comes to a limit of its own.
        assert!(said(&"[".repeat(5_000)).contains("recursion limit exceeded"));
        assert!(said(&"- ".repeat(5_000)).contains("too deep"));
        assert!(said(&"{a: ".repeat(150)).contains("too deep"));
        assert!(said(&"#".repeat(BYTES_MAX + 1)).contains("is over 1048576 bytes"));
    }

    #[test]
    fn a_place_is_where_it_is_also_after_other_scripts() {
        assert_eq!(said("a: ü\nb: 'ß' [\n").split_once(": ").unwrap().0, "file.yml:2:8");
    }
}
