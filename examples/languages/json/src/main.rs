//! Team, manager, director, then VP and war room: as an ordinary program, without a library of Bellwire's.
//!
//! One JSON document comes on stdin and one goes to stdout, as ../../../sdk/json says. The same policy is in every
//! folder beside this one, and ../cases says what all of them decide.

mod documents;
mod ladder;
mod settings;

use documents::{Check, Checked, Description, Evaluate, Evaluated};
use serde::{Serialize, de::DeserializeOwned};
use std::{
    env,
    error::Error,
    io::{self, Write},
    process::ExitCode,
};

fn main() -> ExitCode {
    let question = env::args().nth(1).unwrap_or_default();
    let answered = match question.as_str() {
        "describe" => write(&describe()),
        "check" => read().and_then(|question| write(&check(&question))),
        "evaluate" => read().and_then(|question| write(&evaluate(&question))),
        _ => Err("expected describe, check or evaluate".into()),
    };
    match answered {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn read<T: DeserializeOwned>() -> Result<T, Box<dyn Error>> {
    Ok(serde_json::from_str(&io::read_to_string(io::stdin())?)?)
}

fn write(answer: &impl Serialize) -> Result<(), Box<dyn Error>> {
    Ok(io::stdout().write_all(&serde_json::to_vec(answer)?)?)
}

fn describe() -> Description {
    Description {
        name: "ladder",
        version: env!("CARGO_PKG_VERSION"),
        summary: env!("CARGO_PKG_DESCRIPTION"),
        settings_schema: include_str!("../../cases/ladder.schema.json"),
    }
}

fn check(question: &Check) -> Checked {
    let (to, problems) = settings::read(&question.settings);
    if problems.is_empty() { Checked::Ok(to.into()) } else { Checked::Problems(problems) }
}

/// Settings that `check` did not like are never asked about.
fn evaluate(question: &Evaluate) -> Evaluated {
    let (to, _) = settings::read(&question.settings);
    Evaluated::Ok(ladder::decide(&to, &question.facts))
}
