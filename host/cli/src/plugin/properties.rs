//! `bellwire plugin test --properties`: what must hold for every incident, and the shortest one for which it does not.

use super::{cases::Cases, file::grouped};
use crate::{Failure, printable};
use bellwire_workbench::{
    Trial,
    properties::{Counterexample, Plan, Property, Tried, try_out},
};

pub fn run(trial: &Trial<'_>, cases: &Cases, plan: Plan) -> Result<(), Failure> {
    let path = cases.path.display();
    let Some((policy, file)) = trial.policy() else {
        return Err(Failure::Wrong(format!(
            "--properties is about what a policy decides in the life of an incident; this is a {}, for which there are cases only",
            trial.world()
        )));
    };
    match try_out(policy, file, plan) {
        Ok(Ok(tried)) => {
            holds(cases, plan, tried);
            Ok(())
        }
        Ok(Err(counterexample)) => Err(broken(cases, plan, &counterexample)),
        Err(refused) => Err(Failure::Failed(format!("{path}: {}", lines(&refused.to_string())))),
    }
}

fn holds(cases: &Cases, plan: Plan, tried: Tried) {
    let Tried { incidents, evaluations, urgent } = tried;
    println!(
        "\n{}: in {incidents} incidents ({} evaluations, seed {})",
        cases.path.display(),
        grouped(evaluations as u64),
        plan.seed
    );
    for property in Property::ALL {
        match property {
            Property::Reaches if urgent == 0 => println!("  not tried {property}: none of them was a P1"),
            Property::Reaches => println!("  holds   {property} ({} within {})", counted(urgent), plan.within),
            _ => println!("  holds   {property}"),
        }
    }
}

fn counted(incidents: usize) -> String {
    if incidents == 1 { "1 incident".into() } else { format!("{incidents} incidents") }
}

fn broken(cases: &Cases, plan: Plan, counterexample: &Counterexample) -> Failure {
    let Counterexample { broken, script, settings, story } = counterexample;
    println!("\n{}: the shortest incident found (seed {})", cases.path.display(), plan.seed);
    println!("  settings {}", printable(settings));
    println!("  it opens {}", script.opens_text());
    for alert in &script.alerts {
        println!("  with     {}", printable(&alert_text(&alert.labels)));
        if !alert.annotations.is_empty() {
            println!("           annotated {}", printable(&alert_text(&alert.annotations)));
        }
    }
    for window in &script.windows {
        println!("  window   {}", printable(&window.to_string()));
    }
    for line in story.lines() {
        println!("  {}", printable(line));
    }
    println!("  BROKEN   {}", lines(&broken.why));
    Failure::Failed(format!("it does not hold that {}", broken.property))
}

fn alert_text(labels: &std::collections::BTreeMap<String, String>) -> String {
    let pairs: Vec<String> = labels.iter().map(|(name, value)| format!("{name}={value:?}")).collect();
    format!("{{{}}}", pairs.join(", "))
}

fn lines(text: &str) -> String {
    text.lines().map(printable).collect::<Vec<_>>().join("\n")
}
