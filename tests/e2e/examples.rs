//! The examples, loaded as they stand: a copy of each folder, with the secrets that its README asks for made up.

use bellwire_support::debian::{Program, or_skip, program};
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

/// A copy beside a link to the plugins, so that relative paths hold.
fn copy(name: &str) -> (tempfile::TempDir, PathBuf) {
    fn copy_folder(from: &Path, to: &Path) {
        fs::create_dir_all(to).unwrap();
        for entry in fs::read_dir(from).unwrap() {
            let entry = entry.unwrap();
            let to = to.join(entry.file_name());
            match entry.file_type().unwrap().is_dir() {
                true => copy_folder(&entry.path(), &to),
                false => drop(fs::copy(entry.path(), to).unwrap()),
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap();
    let place = tempfile::tempdir().unwrap();
    fs::create_dir(place.path().join("target")).unwrap();
    std::os::unix::fs::symlink(root.join("target/plugins"), place.path().join("target/plugins")).unwrap();
    let folder = place.path().join("examples").join(name);
    copy_folder(&root.join("examples").join(name), &folder);
    (place, folder)
}

fn said(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn prometheus_and_alertmanager() {
    let (_place, folder) = copy("prometheus-and-alertmanager");
    let bellwire = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bellwire"));
        command
            .args(arguments)
            .current_dir(&folder)
            .env("BELLWIRE_TOKEN", "token")
            .env("SLACK_BOT_TOKEN", "xoxb-token");
        said(&command.env("SHOP_PAGERDUTY_KEY", "0123456789abcdef0123456789abcdef").output().unwrap())
    };
    assert_eq!(bellwire(&["check"]), "bellwire.toml is sound: 1 team, 1 route, 2 receivers, 1 policy\n");
    let errors = ["route", "test", "alertname=ShopErrors", "severity=critical", "-a"];
    let decided = bellwire(&[&errors[..], &["error_rate=7.1%"]].concat());
    assert!(
        decided.contains("priority  P1") && decided.contains("tells     receiver:pager, receiver:oncall"),
        "{decided}"
    );
    let decided = bellwire(&[&errors[..], &["error_rate=2.5%"]].concat());
    assert!(decided.contains("priority  P2") && decided.contains("tells     receiver:oncall"), "{decided}");

    fs::write(folder.join("bellwire-token"), "token").unwrap();
    if let Some(amtool) = or_skip(program(Program::Amtool)) {
        said(&amtool.command().arg("check-config").arg(folder.join("alertmanager.yml")).output().unwrap());
    }
    if let Some(promtool) = or_skip(program(Program::Promtool)) {
        said(&promtool.command().args(["check", "config"]).arg(folder.join("prometheus.yml")).output().unwrap());
    }
}
