//! The mail servers against lettre, a real client. May not touch the network beyond loopback.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first thing that is wrong")]
use super::*;
use crate::debian;
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};
use std::net::SocketAddr;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(30);

fn page(to: &[&str]) -> Message {
    let mailbox = |address: &str| address.parse::<Mailbox>().unwrap();
    let message = to.iter().fold(Message::builder(), |message, address| message.to(mailbox(address)));
    let message = message.from(mailbox("Bellwire <pager@example.org>")).subject("P1 · Disk voll auf größe-1");
    let body = MultiPart::alternative_plain_html("line\n.dot\n".to_owned(), "<p>line</p>".to_owned());
    message.message_id(Some("<n1@bellwire>".to_owned())).multipart(body).unwrap()
}

fn transport(server: &SmtpServer, mode: TlsMode, password: &str) -> AsyncSmtpTransport<Tokio1Executor> {
    let authority = Certificate::from_pem(server.authority_pem.as_bytes()).unwrap();
    let tls = TlsParameters::builder("localhost".to_owned()).add_root_certificate(authority).build().unwrap();
    let tls = match mode {
        TlsMode::StartTls => Tls::Required(tls),
        TlsMode::Implicit => Tls::Wrapper(tls),
    };
    plain(server.address, tls).credentials(Credentials::new("bellwire".into(), password.into())).build()
}

fn plain(address: SocketAddr, tls: Tls) -> lettre::transport::smtp::AsyncSmtpTransportBuilder {
    AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(address.ip().to_string()).port(address.port()).tls(tls)
}

#[tokio::test]
async fn the_real_server_takes_mail_only_encrypted_and_with_the_password() {
    if debian::or_skip(debian::aiosmtpd()).is_none() {
        return;
    }
    for tls in [TlsMode::StartTls, TlsMode::Implicit] {
        let server = SmtpServer::start(SmtpSettings { tls, ..SmtpSettings::default() }).await.unwrap();
        transport(&server, tls, "let me in").send(page(&["ana@example.org"])).await.unwrap();
        let mail = server.wait_for("mail", PATIENCE, |mails| mails.first().cloned()).await.unwrap();
        assert_eq!(
            (mail.from.as_str(), mail.to.as_slice()),
            ("pager@example.org", &["ana@example.org".to_owned()][..])
        );
        assert!(mail.encrypted && mail.authenticated);
        let parsed = mail.parsed();
        assert_eq!(parsed.subject, "P1 · Disk voll auf größe-1");
        assert_eq!(parsed.header("message-id"), Some("<n1@bellwire>"));
        assert_eq!((parsed.text.trim_end(), parsed.html.trim_end()), ("line\r\n.dot", "<p>line</p>"));

        let wrong = transport(&server, tls, "guess").send(page(&["ana@example.org"])).await.unwrap_err();
        assert_eq!(wrong.status().map(|code| code.to_string()).as_deref(), Some("535"), "{wrong}");
        assert_eq!(server.mails().len(), 1);
    }
}

#[tokio::test]
async fn the_real_server_takes_nothing_in_clear() {
    if debian::or_skip(debian::aiosmtpd()).is_none() {
        return;
    }
    let server = SmtpServer::start(SmtpSettings::default()).await.unwrap();
    let refused = plain(server.address, Tls::None).build().send(page(&["ana@example.org"])).await.unwrap_err();
    assert_eq!(refused.status().map(|code| code.to_string()).as_deref(), Some("530"), "{refused}");
    assert!(server.mails().is_empty());
}

#[tokio::test]
async fn the_real_server_refuses_and_defers_recipients_as_told() {
    if debian::or_skip(debian::aiosmtpd()).is_none() {
        return;
    }
    let (reject, defer) = (vec!["gone@example.org".to_owned()], vec!["busy@example.org".to_owned()]);
    let server = SmtpServer::start(SmtpSettings { reject, defer, ..SmtpSettings::default() }).await.unwrap();
    let sender = transport(&server, TlsMode::StartTls, "let me in");
    let gone = sender.send(page(&["gone@example.org"])).await.unwrap_err();
    assert!(gone.is_permanent(), "{gone}");
    let busy = sender.send(page(&["busy@example.org"])).await.unwrap_err();
    assert!(busy.is_transient(), "{busy}");
    sender.send(page(&["ana@example.org"])).await.unwrap();
    server.wait_for("mail", PATIENCE, |mails| (mails.len() == 1).then_some(())).await.unwrap();
}

#[tokio::test]
async fn the_sink_takes_every_mail() {
    let sink = MailSink::start().await.unwrap();
    let sender = plain(sink.address, Tls::None).build();
    sender.send(page(&["ana@example.org", "bo@example.org"])).await.unwrap();
    sender.send(page(&["ana@example.org"])).await.unwrap();
    let first = sink.wait_for("mails", PATIENCE, |mails| (mails.len() == 2).then(|| mails[0].clone())).await.unwrap();
    assert_eq!(first.to, ["ana@example.org", "bo@example.org"]);
    assert_eq!(first.parsed().text.trim_end(), "line\r\n.dot");
}

#[tokio::test]
async fn the_silent_server_accepts_and_says_nothing() {
    let silent = SilentSmtp::start().await.unwrap();
    let sender = plain(silent.address, Tls::None).build();
    // lettre's own time-out covers no more than the connecting.
    let sending = sender.send(page(&["ana@example.org"]));
    assert!(tokio::time::timeout(Duration::from_millis(100), sending).await.is_err());
    silent.wait_for_connections(1, PATIENCE).await.unwrap();
}
