//! The built `bellwire serve`, on a fresh database, as the other side of a comparison: one team, the shipped `standard`
//! policy, and one webhook receiver.

use crate::process::{Running, StartError};
use serde_json::Value;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use tokio::process::Command;

const NAME: &str = "bellwire";
const HOST: &str = "plugins = \"PLUGINS\"\ncode_cache = \"code\"\n";
/// Every alert is a page: its rules are asked, and its ladder's first step is due at once.
const TEAM: &str = r#"team = "bench"

[receivers.sink]
webhook = { url = "SINK" }

[policies.page]
plugin = "standard"

[policies.page.settings]
default_priority = "P2"
rules = [{ priority = "P1", labels = { severity = "critical|page" } }]

[policies.page.settings.ladders.P1]
steps = [{ to = ["sink"] }, { after = "1h", to = ["sink"] }]

[policies.page.settings.ladders.P2]
steps = [{ to = ["sink"] }]

[route]
policy = "page"
fallback = ["sink"]
group_by = ["alertname"]
group_wait = "GROUP_WAIT"
"#;

#[derive(Clone, Debug)]
pub struct BellwireSettings {
    pub binary: PathBuf,
    /// Has standard.wasm.
    pub plugins: PathBuf,
    /// The database's folder is made in it, and is gone with the process.
    pub databases: PathBuf,
    pub webhook_url: String,
    /// As in `0s` and `5m`.
    pub group_wait: String,
}

pub struct Bellwire {
    running: Running,
    address: SocketAddr,
    /// Dropped after the process.
    _folder: TempDir,
}

impl Bellwire {
    pub async fn start(settings: &BellwireSettings) -> Result<Self, StartError> {
        let io = |source| StartError::Io { program: NAME, source };
        let folder = tempfile::Builder::new().prefix("bellwire-").tempdir_in(&settings.databases).map_err(io)?;
        configure(settings, folder.path()).map_err(io)?;
        let mut command = Command::new(&settings.binary);
        command.args(["serve", "--listen", "127.0.0.1:0", "--log-format", "json", "--config"]);
        command.arg(folder.path().join("bellwire.toml"));
        let running = Running::start(NAME, command, "\"message\":\"ready\"").await?;
        let log = running.log();
        let address = log.lines().find_map(address).ok_or(StartError::NotReady { program: NAME, log })?;
        Ok(Self { running, address, _folder: folder })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn process_id(&self) -> Option<u32> {
        self.running.id()
    }
}

fn configure(settings: &BellwireSettings, folder: &Path) -> std::io::Result<()> {
    std::fs::create_dir(folder.join("routes"))?;
    std::fs::write(folder.join("bellwire.toml"), HOST.replace("PLUGINS", &settings.plugins.to_string_lossy()))?;
    let team = TEAM.replace("SINK", &settings.webhook_url).replace("GROUP_WAIT", &settings.group_wait);
    std::fs::write(folder.join("routes/bench.toml"), team)
}

/// What the line that says `ready` says beside it.
fn address(line: &str) -> Option<SocketAddr> {
    let line: Value = serde_json::from_str(line).ok()?;
    line["fields"]["url"].as_str()?.strip_prefix("http://")?.parse().ok()
}
