//! The real aiosmtpd from Debian, run by python3: STARTTLS or implicit TLS with a certificate made for the test, AUTH
//! required, and recipients that it refuses or defers.

use super::Mail;
use crate::debian::{self, Missing};
use crate::observed::{Observed, TimedOut};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use serde::Deserialize;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;

const DRIVER: &str = include_str!("aiosmtpd_driver.py");
const START_TIMEOUT: Duration = Duration::from_secs(60);
const NOISE_LINES_MAX: usize = 300;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlsMode {
    /// Clear at first; nothing but STARTTLS is taken before it is encrypted.
    StartTls,
    /// Encrypted from the first byte, as on port 465.
    Implicit,
}

#[derive(Clone, Debug)]
pub struct SmtpSettings {
    pub tls: TlsMode,
    pub user: String,
    pub password: String,
    /// Recipients answered with 550.
    pub reject: Vec<String>,
    /// Recipients answered with 451.
    pub defer: Vec<String>,
}

impl Default for SmtpSettings {
    fn default() -> Self {
        Self {
            tls: TlsMode::StartTls,
            user: "bellwire".to_owned(),
            password: "let me in".to_owned(),
            reject: Vec::new(),
            defer: Vec::new(),
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum SmtpError {
    #[error(transparent)]
    Missing(#[from] Missing),
    #[error("the mail server's files or process")]
    Io(#[from] std::io::Error),
    #[error("the mail server's certificate")]
    Certificate(#[from] rcgen::Error),
    #[error("the mail server did not start")]
    NotReady(#[from] TimedOut),
    #[error("the mail server ended at once:\n{0}")]
    Ended(String),
}

#[derive(Clone, Debug, Default)]
struct State {
    port: Option<u16>,
    mails: Vec<Mail>,
    /// Lines that are no message: the driver's complaints.
    noise: Vec<String>,
    ended: bool,
}

/// Named `localhost`; its certificate is also good for 127.0.0.1.
pub struct SmtpServer {
    pub address: SocketAddr,
    /// The authority that a client must trust, PEM.
    pub authority_pem: String,
    state: Observed<State>,
    reading: [JoinHandle<()>; 2],
    // Its stdin closes with it, and then the driver ends too.
    _child: Child,
    _folder: TempDir,
}

impl SmtpServer {
    pub async fn start(settings: SmtpSettings) -> Result<Self, SmtpError> {
        let looked = tokio::task::spawn_blocking(debian::aiosmtpd).await;
        let python = looked.map_err(|_| Missing { what: "aiosmtpd", remedy: "looking for it failed".to_owned() })??;
        let folder = tempfile::tempdir()?;
        let authority_pem = certificates(folder.path())?;
        let driver = folder.path().join("driver.py");
        std::fs::write(&driver, DRIVER)?;
        let mut command = Command::from(python.command());
        command.arg(&driver).arg(arguments(&settings, folder.path()).to_string()).kill_on_drop(true);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn()?;
        let state = Observed::<State>::default();
        let reading = [
            tokio::spawn(keep(child.stdout.take(), state.clone())),
            tokio::spawn(keep(child.stderr.take(), state.clone())),
        ];
        let started = |state: &State| match state.port {
            Some(port) => Some(Ok(port)),
            None => state.ended.then(|| Err(SmtpError::Ended(state.noise.join("\n")))),
        };
        let port = state.wait_for("port", START_TIMEOUT, started).await??;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        Ok(Self { address, authority_pem, state, reading, _child: child, _folder: folder })
    }

    pub fn mails(&self) -> Vec<Mail> {
        self.state.read(|state| state.mails.clone())
    }

    pub async fn wait_for<R>(
        &self,
        what: &str,
        timeout: Duration,
        mut look: impl FnMut(&[Mail]) -> Option<R>,
    ) -> Result<R, TimedOut> {
        self.state.wait_for(what, timeout, |state| look(&state.mails)).await
    }
}

impl Drop for SmtpServer {
    fn drop(&mut self) {
        self.reading.iter().for_each(JoinHandle::abort);
    }
}

fn arguments(settings: &SmtpSettings, folder: &Path) -> serde_json::Value {
    serde_json::json!({
        "implicit": settings.tls == TlsMode::Implicit,
        "user": settings.user,
        "password": settings.password,
        "reject": settings.reject,
        "defer": settings.defer,
        "certificate": folder.join("certificate.pem"),
        "key": folder.join("key.pem"),
    })
}

/// Writes a certificate for `localhost` and its key, and returns the authority that signed it.
fn certificates(folder: &Path) -> Result<String, SmtpError> {
    let mut authority = CertificateParams::new(Vec::new())?;
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate()?)?;
    let key = KeyPair::generate()?;
    let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
    let certificate = CertificateParams::new(names)?.signed_by(&key, &authority)?;
    std::fs::write(folder.join("certificate.pem"), certificate.pem())?;
    std::fs::write(folder.join("key.pem"), key.serialize_pem())?;
    Ok(authority.as_ref().pem())
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Line {
    Port { port: u16 },
    Mail { from: String, to: Vec<String>, raw: String, encrypted: bool, authenticated: bool },
}

async fn keep(lines: Option<impl AsyncRead + Unpin>, state: Observed<State>) {
    let Some(lines) = lines else { return };
    let mut lines = BufReader::new(lines).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        let parsed = serde_json::from_str(&line);
        state.change(|state| match parsed {
            Ok(Line::Port { port }) => state.port = Some(port),
            Ok(Line::Mail { from, to, raw, encrypted, authenticated }) => {
                let raw = STANDARD.decode(raw).unwrap_or_default();
                state.mails.push(Mail { from, to, raw, encrypted, authenticated });
            }
            Err(_) if state.noise.len() < NOISE_LINES_MAX => state.noise.push(line),
            Err(_) => {}
        });
    }
    state.change(|state| state.ended = true);
}
