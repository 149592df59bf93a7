//! Where plugins come from, and what is said about what cannot be a place, a hash or a key.

use super::{TEAM, load, said_of_host, said_of_team_with};
use crate::{OciVersion, PluginOrigin, Transport};

const KEY: &str = "RWSewNWCQTDYRmHqV1iWdLovTzIH4QTafduGyqfANXS2hyafO1KjlGco";

#[test]
fn a_plugin_in_a_registry_with_a_key() {
    let team = TEAM.replace(
        "plugin = \"standard\"",
        &format!("plugin = {{ oci = \"oci://ghcr.io/acme/on-fire:1.2\", public_key = \"{KEY}\" }}"),
    );
    let host = "watch_plugins = false\n[registries.\"localhost:5000\"]\nplain_http = true\nuser = \"anna\"\n\
                password = { env = \"SLACK_TOKEN\" }";
    let config = load(&[("bellwire.toml", host), ("routes/payments.toml", &team)]).unwrap();
    let plugin = &config.policies[0].plugin.source;
    let PluginOrigin::Oci(reference) = &plugin.origin else { panic!("{:?}", plugin.origin) };
    assert_eq!((&*plugin.name, &reference.version), ("on-fire", &OciVersion::Tag("1.2".into())));
    assert!(plugin.public_key.is_some());
    let supply = &config.plugin_supply;
    let registry = &supply.registries["localhost:5000"];
    assert_eq!((supply.watch, registry.transport), (false, Transport::PlainHttp));
    assert_eq!(registry.credentials.as_ref().map(|credentials| &*credentials.user), Some("anna"));
    assert!(supply.cache.ends_with("plugin-cache"));
}

/// Reports are laid out for a terminal.
fn unwrapped(report: &str) -> String {
    report.split_whitespace().filter(|word| *word != "│").collect::<Vec<_>>().join(" ")
}

#[test]
fn what_cannot_be_says_so() {
    for (plugin, says) in [
        ("{ oci = \"on-fire\" }", "there is no `/` behind the registry"),
        ("{ oci = \"ghcr.io/on-fire\" }", "write :TAG or @sha256:DIGEST behind it"),
        ("{ oci = \"ghcr.io/a:1\", name = \"a\" }", "exactly one of `name`, `file` and `oci`"),
        ("{ name = \"a\", public_key = \"RW\" }", "is not a public key of minisign"),
        ("{ name = \"a\", public_key = \"ssh-ed25519 AAAA\" }", "begins with RW, as `minisign -G` writes it"),
    ] {
        let said = unwrapped(&said_of_team_with(&format!("[policies.other]\nplugin = {plugin}")));
        assert!(said.contains(says), "{plugin}: {said}");
    }
    for (registry, says) in [
        ("[registries.ghcr]", "`ghcr` cannot be a name"),
        ("[registries.\"https://ghcr.io\"]", "the registry's host, with its port if it has one"),
        ("[registries.\"ghcr.io\"]\nuser = \"anna\"", "`user` and `password` are given together"),
        (
            "[registries.\"ghcr.io\"]\nplain_http = true\nuser = \"a\"\npassword = { env = \"SLACK_TOKEN\" }",
            "a password is not sent over a connection without encryption",
        ),
    ] {
        let said = unwrapped(&said_of_host(registry));
        assert!(said.contains(says), "{registry}: {said}");
    }
}
