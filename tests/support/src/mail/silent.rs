//! A server that accepts a connection and never says a word: nobody else may wait for it.

use crate::observed::{Observed, TimedOut};
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

pub struct SilentSmtp {
    pub address: SocketAddr,
    accepted: Observed<usize>,
    accepting: JoinHandle<()>,
}

impl SilentSmtp {
    pub async fn start() -> std::io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let (address, accepted) = (listener.local_addr()?, Observed::default());
        let count: Observed<usize> = accepted.clone();
        let accepting = tokio::spawn(async move {
            // Kept open: a closed connection would be an answer.
            let mut held = Vec::new();
            while let Ok((stream, _)) = listener.accept().await {
                held.push(stream);
                count.change(|count| *count = held.len());
            }
        });
        Ok(Self { address, accepted, accepting })
    }

    /// Waits until this many connections were made in all.
    pub async fn wait_for_connections(&self, wanted: usize, timeout: Duration) -> Result<(), TimedOut> {
        self.accepted.wait_for("connection", timeout, |count| (*count >= wanted).then_some(())).await
    }
}

impl Drop for SilentSmtp {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}
