//! A tiny SMTP server in this process, plain and on loopback, for the demo on machines without Python. It takes
//! every mail; what a real server demands (TLS, AUTH) is tested against the real one.

use super::Mail;
use crate::observed::{Observed, TimedOut};
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

const LINE_BYTES_MAX: u64 = 64 << 10;
const MAIL_BYTES_MAX: usize = 16 << 20;

pub struct MailSink {
    pub address: SocketAddr,
    mails: Observed<Vec<Mail>>,
    accepting: JoinHandle<()>,
}

impl MailSink {
    pub async fn start() -> std::io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let (address, mails) = (listener.local_addr()?, Observed::default());
        let kept: Observed<Vec<Mail>> = mails.clone();
        let accepting = tokio::spawn(async move {
            // Owned here, so that the connections end with the server.
            let mut sessions = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                sessions.spawn(session(stream, kept.clone()));
                while sessions.try_join_next().is_some() {}
            }
        });
        Ok(Self { address, mails, accepting })
    }

    pub fn mails(&self) -> Vec<Mail> {
        self.mails.read(Vec::clone)
    }

    pub async fn wait_for<R>(
        &self,
        what: &str,
        timeout: Duration,
        mut look: impl FnMut(&[Mail]) -> Option<R>,
    ) -> Result<R, TimedOut> {
        self.mails.wait_for(what, timeout, |mails| look(mails)).await
    }
}

impl Drop for MailSink {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn session(stream: TcpStream, mails: Observed<Vec<Mail>>) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut mail = Mail::default();
    stream.write_all(b"220 localhost ready\r\n").await?;
    loop {
        let mut line = Vec::new();
        if (&mut stream).take(LINE_BYTES_MAX).read_until(b'\n', &mut line).await? == 0 {
            return Ok(());
        }
        let line = String::from_utf8_lossy(&line);
        let verb = line.trim_end().get(..4).unwrap_or(line.trim_end()).to_ascii_uppercase();
        let answer = match verb.as_str() {
            "EHLO" | "HELO" => "250-localhost\r\n250-8BITMIME\r\n250 SMTPUTF8",
            "MAIL" => {
                mail = Mail { from: path(&line), ..Mail::default() };
                "250 ok"
            }
            "RCPT" => {
                mail.to.push(path(&line));
                "250 ok"
            }
            "DATA" if mail.to.is_empty() => "503 no recipient",
            "DATA" => {
                stream.write_all(b"354 go ahead\r\n").await?;
                mail.raw = data(&mut stream).await?;
                mails.change(|mails| mails.push(std::mem::take(&mut mail)));
                "250 queued"
            }
            "RSET" | "NOOP" => "250 ok",
            "QUIT" => {
                stream.write_all(b"221 bye\r\n").await?;
                return Ok(());
            }
            _ => "502 not implemented",
        };
        stream.write_all(answer.as_bytes()).await?;
        stream.write_all(b"\r\n").await?;
    }
}

/// The lines up to the single dot, with the stuffed dots taken out.
async fn data(stream: &mut BufReader<TcpStream>) -> std::io::Result<Vec<u8>> {
    let mut raw = Vec::new();
    loop {
        let mut line = Vec::new();
        let length = stream.take(LINE_BYTES_MAX).read_until(b'\n', &mut line).await?;
        if length == 0 || raw.len() > MAIL_BYTES_MAX {
            return Err(std::io::ErrorKind::InvalidData.into());
        }
        if line == b".\r\n" {
            return Ok(raw);
        }
        raw.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
    }
}

/// The address between the angle brackets.
fn path(line: &str) -> String {
    line.split_once('<').and_then(|(_, rest)| rest.split_once('>')).map_or("", |(path, _)| path).to_owned()
}
