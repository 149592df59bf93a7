//! What is measured, started fresh for each row: the same webhook receiver, the same grouping, the same waits.

use super::figures::Side;
use anyhow::Context;
use bellwire_support::{
    load::{Bellwire, BellwireSettings, Target},
    prometheus::{Alertmanager, AlertmanagerSettings},
};
use std::path::PathBuf;

pub struct Stage {
    pub binary: PathBuf,
    pub plugins: PathBuf,
    /// Where Bellwire's databases are made.
    pub databases: PathBuf,
}

pub struct Subject {
    pub target: Target,
    _process: Process,
}

/// Ends when it is dropped.
#[expect(dead_code, reason = "held for its drop")]
enum Process {
    Bellwire(Bellwire),
    Alertmanager(Alertmanager),
}

impl Stage {
    /// `group_wait` as both write it: `0s`, `5m`.
    pub async fn start(&self, side: Side, webhook_url: &str, group_wait: &str) -> anyhow::Result<Subject> {
        let (address, process_id, process) = match side {
            Side::Bellwire => {
                let settings = BellwireSettings {
                    binary: self.binary.clone(),
                    plugins: self.plugins.clone(),
                    databases: self.databases.clone(),
                    webhook_url: webhook_url.to_owned(),
                    group_wait: group_wait.to_owned(),
                };
                let bellwire = Bellwire::start(&settings).await?;
                (bellwire.address(), bellwire.process_id(), Process::Bellwire(bellwire))
            }
            Side::Alertmanager => {
                let mut settings = AlertmanagerSettings::to(webhook_url);
                settings.group_wait = group_wait.to_owned();
                settings.group_interval = "5m".to_owned();
                let alertmanager = Alertmanager::start(settings).await?;
                let address = alertmanager.address().parse().context("an address that is none")?;
                (address, alertmanager.process_id(), Process::Alertmanager(alertmanager))
            }
        };
        // Bellwire takes what Prometheus sends to an Alertmanager: the same requests, byte for byte.
        let target = Target { address, path: "/api/v2/alerts".to_owned(), bearer: None, process_id };
        Ok(Subject { target, _process: process })
    }
}
