//! Connections to one mail server, kept for reuse. Touches sockets.
//!
//! lettre's own pool puts a connection back even if the send on it was given up half-way, and the reply that is still
//! on its way is then taken for the next message's: a refused page would count as delivered. Here a connection is
//! taken out while it is used, and only one whose last exchange was complete comes back.

use bellwire_core::{EmailReceiver, Encryption};
use lettre::{
    address::Envelope,
    transport::smtp::{
        Error,
        authentication::{Credentials, Mechanism},
        client::{AsyncSmtpConnection, Certificate, TlsParameters},
        extension::ClientId,
    },
};
use rustls::pki_types::{CertificateDer, pem::PemObject};
use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tokio::time::{Instant, timeout};

const IDLE_MAX: Duration = Duration::from_secs(60);
/// A server that does not answer a NOOP within this is not worth the attempt's time.
const NOOP_TIMEOUT: Duration = Duration::from_secs(2);
const IDLE_CONNECTIONS_MAX: usize = 8;
const MECHANISMS: [Mechanism; 2] = [Mechanism::Plain, Mechanism::Login];

pub(crate) struct Server {
    /// What is compared to see that two receivers are on one server.
    address: EmailReceiver,
    tls: Option<TlsParameters>,
    idle: Mutex<Vec<Idle>>,
}

struct Idle {
    connection: AsyncSmtpConnection,
    since: Instant,
}

impl Server {
    pub fn new(email: &EmailReceiver) -> Result<Self, String> {
        let tls = match email.encryption {
            Encryption::None if email.credentials.is_some() => {
                return Err(
                    "credentials are not sent in clear: use STARTTLS or implicit TLS, or leave them out".to_owned()
                );
            }
            Encryption::None => None,
            Encryption::StartTls | Encryption::Implicit => {
                let mut parameters = TlsParameters::builder(email.host.clone());
                if let Some(root) = &email.root {
                    // lettre takes a text without any certificate for no root at all.
                    if CertificateDer::from_pem_slice(root.as_bytes()).is_err() {
                        return Err("its root certificate is not PEM".to_owned());
                    }
                    let certificate = Certificate::from_pem(root.as_bytes())
                        .map_err(|error| format!("its root certificate cannot be read: {error}"))?;
                    parameters = parameters.add_root_certificate(certificate);
                }
                Some(parameters.build_rustls().map_err(|error| format!("TLS cannot be set up: {error}"))?)
            }
        };
        Ok(Self { address: email.clone(), tls, idle: Mutex::new(Vec::new()) })
    }

    pub fn serves(&self, email: &EmailReceiver) -> bool {
        let own = &self.address;
        (&own.host, own.port, own.encryption, &own.root) == (&email.host, email.port, email.encryption, &email.root)
            && own.credentials == email.credentials
    }

    /// One transaction. Has no deadline of its own: dropping the future closes the connection.
    pub async fn send(&self, envelope: &Envelope, message: &[u8]) -> Result<(), Error> {
        let mut connection = match self.reuse().await {
            Some(connection) => connection,
            None => self.connect().await?,
        };
        // After an error lettre has ended the session.
        connection.send(envelope, message).await?;
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < IDLE_CONNECTIONS_MAX {
            idle.push(Idle { connection, since: Instant::now() });
        }
        Ok(())
    }

    async fn reuse(&self) -> Option<AsyncSmtpConnection> {
        loop {
            let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()?;
            let mut connection = idle.connection;
            if idle.since.elapsed() < IDLE_MAX
                && timeout(NOOP_TIMEOUT, connection.test_connected()).await.unwrap_or(false)
            {
                return Some(connection);
            }
        }
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, Error> {
        let server = (self.address.host.as_str(), self.address.port);
        let hello = ClientId::default();
        let at_once = match self.address.encryption {
            Encryption::Implicit => self.tls.clone(),
            Encryption::StartTls | Encryption::None => None,
        };
        let mut connection = AsyncSmtpConnection::connect_tokio1(server, None, &hello, at_once, None).await?;
        if let (Encryption::StartTls, Some(tls)) = (self.address.encryption, &self.tls) {
            connection.starttls(tls.clone(), &hello).await?;
        }
        if let Some((user, password)) = &self.address.credentials {
            let credentials = Credentials::new(user.clone(), password.expose().to_owned());
            connection.auth(&MECHANISMS, &credentials).await?;
        }
        Ok(connection)
    }
}
