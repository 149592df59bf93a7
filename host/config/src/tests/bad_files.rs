//! What is wrong between files, and with files.

use super::{TEAM, load, said};
use insta::assert_snapshot;

#[test]
fn no_file_at_all() {
    let report = load(&[]).err().unwrap();
    assert!(report.lines().next().unwrap().contains("bellwire.toml cannot be read"), "{report}");
}

#[test]
fn no_routes_file() {
    assert_snapshot!(said(load(&[("bellwire.toml", "")])), @r#"
      × there is no routes file: nothing matches `routes/*.toml`
       ╭─[bellwire.toml:1:1]
       ╰────
      help: write one file for each team, such as routes/platform.toml; docs/configuration.md begins with one

    errors: 1
    "#);
}

#[test]
fn a_file_without_end() {
    let huge = format!("# {}", "x".repeat(1 << 20));
    assert_snapshot!(said(load(&[("bellwire.toml", ""), ("routes/payments.toml", &huge)])), @r#"
      × the routes file routes/payments.toml cannot be read: it is over 1048576 bytes
       ╭─[bellwire.toml:1:1]
       ╰────

    errors: 1
    "#);
}

#[test]
fn two_files_about_one_team() {
    assert_snapshot!(said(load(&[("bellwire.toml", ""), ("routes/a.toml", TEAM), ("routes/b.toml", TEAM)])), @r#"
      × another file is about the team `payments` already
       ╭─[routes/b.toml:1:8]
     1 │ team = "payments"
       ·        ──────────
     2 │ 
       ╰────
      help: a team is one file: give this one another name, or join the two

    errors: 1
    "#);
}

#[test]
fn several_teams_and_no_default() {
    let platform = TEAM.replace("payments", "platform");
    assert_snapshot!(said(load(&[("bellwire.toml", ""), ("routes/a.toml", TEAM), ("routes/b.toml", &platform)])), @r#"
      × there are several teams, and none has the alerts that no team's `match` takes
       ╭─[bellwire.toml:1:1]
       ╰────
      help: default_team = "payments", or another of the teams

    errors: 1
    "#);
}

#[test]
fn a_name_that_all_teams_share_already() {
    let shared = "[receivers.oncall]\nwebhook = { url = \"https://x\" }\nfallback = \"none\"\n";
    assert_snapshot!(said(load(&[("bellwire.toml", shared), ("routes/a.toml", TEAM)])), @r#"
      × there is no receiver `none`
       ╭─[bellwire.toml:3:12]
     2 │ webhook = { url = *********** }
     3 │ fallback = "none"
       ·            ──────
       ╰────
      help: there is no other receiver

      × bellwire.toml has a receiver `oncall` for all teams already
       ╭─[routes/a.toml:3:12]
     2 │ 
     3 │ [receivers.oncall]
       ·            ──────
     4 │ slack = { webhook_url = { env = "SLACK_URL" } }
       ╰────
      help: one name means one receiver: give this one another name

    errors: 2
    "#);
}

#[test]
fn a_broken_file_makes_no_errors_in_the_others() {
    let broken = "[receivers.shared]\nwebhook = { url = \"https://x\" }\n[limits\n";
    let team = TEAM.replace("[\"oncall\"]", "[\"oncall\", \"shared\"]");
    assert_snapshot!(said(load(&[("bellwire.toml", broken), ("routes/a.toml", &team)])), @r#"
      × this is not TOML: unclosed table, expected `]`
       ╭─[bellwire.toml:3:8]
     2 │ webhook = { url = *********** }
     3 │ [limits
       ·        ▲
       ╰────

    errors: 1
    "#);
}

#[test]
fn the_revision_is_of_the_texts() {
    let revision = |files: &[(&str, &str)]| load(files).ok().unwrap().tables.revision;
    let first = revision(&[("bellwire.toml", ""), ("routes/a.toml", TEAM)]);
    assert_eq!(first, revision(&[("bellwire.toml", ""), ("routes/a.toml", TEAM)]));
    assert_ne!(first, revision(&[("bellwire.toml", "# more"), ("routes/a.toml", TEAM)]));
    assert_ne!(first, revision(&[("bellwire.toml", ""), ("routes/b.toml", TEAM)]));
}
