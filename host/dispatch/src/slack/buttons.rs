//! The buttons under an incident's message: what a press of one sends back is read by `http`.

use crate::view::{Action, View};
use serde_json::{Value, json};

/// By which the block is known when a button in it is pressed.
const BLOCK_ID: &str = "bellwire";

/// None for what asks for no action, or where nobody would hear of a press.
pub(super) fn block(view: &View<'_>) -> Option<Value> {
    if !view.buttons || !view.is_actionable() {
        return None;
    }
    // The revision tells a press on an old message from one on what is so now.
    let value = json!({"incident": view.incident.id, "revision": view.incident.revision}).to_string();
    let elements: Vec<Value> = view.actions.iter().map(|action| button(*action, &value, &view.incident.id)).collect();
    Some(json!({"type": "actions", "block_id": BLOCK_ID, "elements": elements}))
}

fn button(action: Action, value: &str, incident: &str) -> Value {
    let (action_id, label) = match action {
        Action::Acknowledge => ("bellwire_acknowledge", "Acknowledge"),
        Action::Snooze => ("bellwire_snooze", "Snooze 1 h"),
        Action::Resolve => ("bellwire_resolve", "Resolve"),
        Action::Escalate => ("bellwire_escalate", "Escalate"),
    };
    let mut button = json!({"type": "button", "action_id": action_id, "text": plain(label), "value": value});
    match action {
        Action::Acknowledge => button["style"] = json!("primary"),
        Action::Resolve => button["confirm"] = confirm(incident),
        Action::Snooze | Action::Escalate => {}
    }
    button
}

/// Resolving what still fires stops every page about it, so a slip of the thumb does not.
fn confirm(incident: &str) -> Value {
    json!({
        "title": plain(&format!("Resolve {incident}?")),
        "text": plain("Nobody is told of it any more until it fires anew."),
        "confirm": plain("Resolve"),
        "deny": plain("Keep it open"),
    })
}

fn plain(text: &str) -> Value {
    json!({"type": "plain_text", "text": text, "emoji": false})
}
