//! Block Kit: what Slack checks before it shows a message, and what a person then reads.

use super::Refusal;
use serde_json::Value;
use std::collections::BTreeSet;

const BLOCKS_MAX: usize = 50;
const BLOCK_ID_CHARACTERS_MAX: usize = 255;
const CHARACTERS_TOTAL_MAX: usize = 13_200;

/// Checks the blocks of one message against every limit of contracts.md §2.
pub(super) fn check(blocks: &[Value]) -> Result<(), Refusal> {
    let mut problems = Vec::new();
    if blocks.len() > BLOCKS_MAX {
        problems.push(format!("no more than {BLOCKS_MAX} items allowed [json-pointer:/blocks]"));
    }
    let mut ids = BTreeSet::new();
    for (number, block) in blocks.iter().enumerate() {
        let mut block_problems = Vec::new();
        check_block(block, &mut block_problems);
        match &block["block_id"] {
            Value::Null => {}
            Value::String(id) if id.chars().count() > BLOCK_ID_CHARACTERS_MAX => {
                block_problems.push("block_id is too long".to_owned());
            }
            Value::String(id) if !ids.insert(id) => block_problems.push("block_id is not unique".to_owned()),
            Value::String(_) => {}
            _ => block_problems.push("block_id is not a string".to_owned()),
        }
        problems.extend(block_problems.iter().map(|problem| format!("{problem} [json-pointer:/blocks/{number}]")));
    }
    if !problems.is_empty() {
        return Err(("invalid_blocks", problems));
    }
    let total: usize = blocks.iter().map(characters).sum();
    if total > CHARACTERS_TOTAL_MAX { Err(("msg_blocks_too_long", Vec::new())) } else { Ok(()) }
}

fn check_block(block: &Value, problems: &mut Vec<String>) {
    match block["type"].as_str() {
        Some("header") => {
            plain_text(&block["text"], 150, problems);
        }
        Some("section") => check_section(block, problems),
        Some("context") => {
            for element in list(block, "elements", 10, problems) {
                if element["type"] != "image" {
                    text_object(element, 3000, problems);
                }
            }
        }
        Some("actions") => {
            let mut ids = BTreeSet::new();
            for element in list(block, "elements", 25, problems) {
                check_element(element, problems);
                if element["action_id"].as_str().is_some_and(|id| !ids.insert(id)) {
                    problems.push("action_id is not unique in its block".to_owned());
                }
            }
        }
        Some("divider") => {}
        Some("image") => {
            if block["image_url"].as_str().is_none() || block["alt_text"].as_str().is_none() {
                problems.push("an image needs image_url and alt_text".to_owned());
            }
        }
        Some("rich_text") => drop(list(block, "elements", usize::MAX, problems)),
        _ => problems.push("unsupported type".to_owned()),
    }
}

fn check_section(block: &Value, problems: &mut Vec<String>) {
    if block["text"].is_null() && block["fields"].is_null() {
        problems.push("a section needs text or fields".to_owned());
    }
    if !block["text"].is_null() {
        text_object(&block["text"], 3000, problems);
    }
    if !block["fields"].is_null() {
        for field in list(block, "fields", 10, problems) {
            text_object(field, 2000, problems);
        }
    }
    if !block["accessory"].is_null() {
        check_element(&block["accessory"], problems);
    }
}

/// A button has plain text, an action id and small values; of other elements only the type is asked for.
fn check_element(element: &Value, problems: &mut Vec<String>) {
    if element["type"] == "button" {
        plain_text(&element["text"], 75, problems);
        style(element, problems);
        if !element["confirm"].is_null() {
            check_confirm(&element["confirm"], problems);
        }
        for (name, characters_max) in [("action_id", 255), ("value", 2000), ("url", 3000)] {
            if element[name].as_str().is_some_and(|text| text.chars().count() > characters_max) {
                problems.push(format!("{name} is longer than {characters_max} characters"));
            }
        }
    } else if element["type"].as_str().is_none() {
        problems.push("an element needs a type".to_owned());
    }
}

/// What is asked before an action is sent.
fn check_confirm(confirm: &Value, problems: &mut Vec<String>) {
    plain_text(&confirm["title"], 100, problems);
    text_object(&confirm["text"], 300, problems);
    plain_text(&confirm["confirm"], 30, problems);
    plain_text(&confirm["deny"], 30, problems);
    style(confirm, problems);
}

fn style(object: &Value, problems: &mut Vec<String>) {
    if !object["style"].is_null() && !matches!(object["style"].as_str(), Some("primary" | "danger")) {
        problems.push("a style must be primary or danger".to_owned());
    }
}

fn plain_text(object: &Value, characters_max: usize, problems: &mut Vec<String>) {
    text_object(object, characters_max, problems);
    if object["type"] != "plain_text" {
        problems.push("this text must be plain_text".to_owned());
    }
}

fn text_object(object: &Value, characters_max: usize, problems: &mut Vec<String>) {
    if !matches!(object["type"].as_str(), Some("plain_text" | "mrkdwn")) {
        problems.push("a text must be plain_text or mrkdwn".to_owned());
    }
    match object["text"].as_str().map(|text| text.chars().count()) {
        None => problems.push("a text object needs text".to_owned()),
        Some(0) => problems.push("must be more than 0 characters".to_owned()),
        Some(length) if length > characters_max => {
            problems.push(format!("must be less than {} characters", characters_max + 1));
        }
        Some(_) => {}
    }
}

fn list<'a>(block: &'a Value, name: &str, length_max: usize, problems: &mut Vec<String>) -> &'a [Value] {
    let entries = block[name].as_array().map_or(&[][..], Vec::as_slice);
    if entries.is_empty() || entries.len() > length_max {
        problems.push(format!("{name} must be a list of 1 to {length_max}"));
    }
    entries
}

/// All text of a block, in the order it is shown.
fn texts<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::Object(object) => {
            for (name, inner) in object {
                match inner {
                    Value::String(text) if name == "text" => found.push(text),
                    Value::Object(_) | Value::Array(_) => texts(inner, found),
                    _ => {}
                }
            }
        }
        Value::Array(entries) => entries.iter().for_each(|entry| texts(entry, found)),
        _ => {}
    }
}

fn characters(block: &Value) -> usize {
    let mut found = Vec::new();
    texts(block, &mut found);
    found.iter().map(|text| text.chars().count()).sum()
}

/// The buttons of an actions block; what one asks before it acts is not shown yet.
fn buttons(block: &Value) -> Vec<String> {
    let elements = block["elements"].as_array().map_or(&[][..], Vec::as_slice);
    elements.iter().filter_map(|element| element["text"]["text"].as_str()).map(|text| format!("[{text}]")).collect()
}

/// The blocks as plain lines: buttons in brackets, a divider as a rule.
pub(super) fn shown(blocks: &[Value]) -> String {
    let lines = blocks.iter().map(|block| {
        let mut found = Vec::new();
        texts(block, &mut found);
        match block["type"].as_str() {
            Some("divider") => "───".to_owned(),
            Some("actions") => buttons(block).join(" "),
            Some("context") => found.join(" · "),
            _ => found.join("\n"),
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}
