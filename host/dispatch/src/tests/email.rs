//! Mail, against a real SMTP server, one that stays silent, and a sink.

use super::*;
use bellwire_core::{EmailReceiver, Encryption, IncidentId, Secret, SlackReceiver};
use bellwire_support::{
    debian,
    mail::{MailSink, SilentSmtp, SmtpServer, SmtpSettings, TlsMode},
    slack::Slack,
};
use std::{
    net::{Ipv4Addr, SocketAddr},
    pin::pin,
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

fn plain(address: SocketAddr, to: &[&str]) -> EmailReceiver {
    EmailReceiver {
        to: to.iter().map(|to| (*to).to_owned()).collect(),
        from: "Bellwire <pager@example.org>".into(),
        host: address.ip().to_string(),
        port: address.port(),
        encryption: Encryption::None,
        credentials: None,
        root: None,
    }
}

fn secure(server: &SmtpServer, encryption: Encryption, to: &[&str]) -> EmailReceiver {
    EmailReceiver {
        host: "localhost".into(),
        encryption,
        credentials: Some(("bellwire".into(), Secret::new("let me in"))),
        root: Some(server.authority_pem.clone()),
        ..plain(server.address, to)
    }
}

#[tokio::test]
async fn mail_reads_well_and_threads_by_incident() {
    let sink = MailSink::start().await.unwrap();
    let dispatcher =
        dispatcher([(NAME, ReceiverKind::Email(plain(sink.address, &["ana@example.org", "bo@example.org"])))]);
    let first = dispatcher.send(&message("step-1")).await;
    insta::assert_snapshot!(receipt(&first).unwrap(), @r#"{"message_id":"<b684073fcbce64edfe5142c864b852a3@example.org>"}"#);
    receipt(&dispatcher.send(&message("step-1")).await);
    receipt(&dispatcher.send(&update(NoticeKind::Resolved, IncidentState::Resolved, &[])).await);
    receipt(&dispatcher.send(&extreme()).await);
    let mails = sink.mails();
    assert_eq!(mails.iter().map(|mail| mail.to.len()).collect::<Vec<_>>(), [1; 8], "one message for each recipient");
    let parsed: Vec<_> = mails.iter().map(|mail| mail.parsed()).collect();
    let headers = |name: &str| parsed.iter().map(|mail| mail.header(name).unwrap().to_owned()).collect::<Vec<_>>();
    let ids = headers("message-id");
    assert!(ids[0] == ids[2] && ids[0] != ids[4], "the same in every attempt: {ids:?}");
    for name in ["references", "in-reply-to"] {
        assert!(headers(name).iter().all(|root| *root == headers("references")[0] && !ids.contains(root)));
    }
    assert_eq!(headers("auto-submitted")[0], "auto-generated");
    assert_eq!(headers("date")[0], "Sat, 21 Nov 2026 03:12:00 +0000");
    assert_eq!(parsed[0].subject, "[P1] InstanceDown on web-1 — payments-42");
    assert!(parsed[0].text.starts_with("P1 InstanceDown: web-1 is down (1 alert) · payments-42"));
    assert!(parsed[0].html.contains("<h2>P1 InstanceDown: web-1 is down (1 alert) · payments-42</h2>"));
    let hostile = &parsed[6];
    assert!(hostile.header("bcc").is_none() && !hostile.html.contains("<script") && hostile.subject.contains("[P1]"));
}

#[tokio::test]
async fn every_reader_of_a_page_has_a_link_of_the_own() {
    let sink = MailSink::start().await.unwrap();
    let mailbox = ReceiverKind::Email(plain(sink.address, &["ana@example.org", "Zoe <zoe@example.org>"]));
    let links = |incident: &IncidentId, who: &str, now| {
        let who = who.replace([' ', '<', '>'], "");
        Some(format!("https://bellwire.example/act/{incident}.{who}.{now}"))
    };
    let settings = Settings { links: Some(Arc::new(links)), ..settings() };
    let dispatcher =
        Dispatcher::new(&receivers(Span::from_secs(60), [(NAME, mailbox)]), &Channels::new(), settings).unwrap();
    let had = [earlier(&message("step-1"), &dispatcher.send(&message("step-1")).await)];
    for quiet in [
        update(NoticeKind::Acknowledged, IncidentState::Acknowledged, &had),
        update(NoticeKind::Resolved, IncidentState::Resolved, &had),
        bundle("step-1", NoticeKind::Decided),
    ] {
        receipt(&dispatcher.send(&quiet).await);
    }
    let mails: Vec<_> = sink.mails().iter().map(|mail| mail.parsed()).collect();
    let link =
        |mail: &str| mail.lines().find_map(|line| line.split_once("/act/")).map(|(_, rest)| rest.trim_end().to_owned());
    let links: Vec<_> = mails.iter().map(|mail| link(&mail.text)).collect();
    let own = |who: &str| Some(format!("payments-42.{who}.2026-11-21T03:12:00Z"));
    assert_eq!(links[..2], [own("Zoezoe@example.org"), own("ana@example.org")]);
    assert!(links[2..].iter().all(Option::is_none), "{links:?}");
    let asks = "Acknowledge, snooze, resolve or escalate";
    assert!(mails[0].text.contains(&format!("{asks}: https://bellwire.example/act/")), "{}", mails[0].text);
    assert!(mails[0].html.contains(asks) && mails[0].html.contains("payments-42.Zoe"), "{}", mails[0].html);
}

#[tokio::test]
async fn a_persons_link_is_in_the_persons_name() {
    let sink = MailSink::start().await.unwrap();
    let mailbox = ReceiverKind::Email(plain(sink.address, &["ana@example.org"]));
    let links = |_: &IncidentId, who: &str, _| Some(format!("https://bellwire.example/act/{who}"));
    let settings = Settings { links: Some(Arc::new(links)), ..settings() };
    let dispatcher =
        Dispatcher::new(&receivers(Span::from_secs(60), [(NAME, mailbox)]), &Channels::new(), settings).unwrap();
    receipt(&dispatcher.send(&Message { person: Some(Arc::new(sample::person())), ..message("step-1") }).await);
    let text = sink.mails()[0].parsed().text;
    assert!(text.contains("https://bellwire.example/act/ann\r\n") || text.contains("/act/ann\n"), "{text}");
}

#[tokio::test]
async fn bundles_and_reports_are_mails_of_no_thread() {
    let sink = MailSink::start().await.unwrap();
    let dispatcher = dispatcher([(NAME, ReceiverKind::Email(plain(sink.address, &["ana@example.org"])))]);
    receipt(&dispatcher.send(&bundle("step-1", NoticeKind::Decided)).await);
    receipt(&dispatcher.send_report(NAME, &letter()).await);
    receipt(&dispatcher.send_report(NAME, &letter()).await);
    let mails: Vec<_> = sink.mails().iter().map(|mail| mail.parsed()).collect();
    assert_eq!(mails[0].subject, "6 P2 incidents: DiskFull, <!channel> & <b>");
    assert!(mails[0].text.contains("payments-2 DiskFull on db-2") && !mails[0].html.contains("<!channel"));
    assert_eq!(mails[1].subject, letter().subject);
    assert_eq!(mails[1].html.trim(), letter().html);
    assert_eq!(mails[1].header("message-id"), mails[2].header("message-id"), "the same in every attempt");
    assert!(mails.iter().all(|mail| mail.header("references").is_none() && mail.header("in-reply-to").is_none()));
}

#[tokio::test]
async fn a_server_without_starttls_gets_neither_mail_nor_password() {
    let sink = MailSink::start().await.unwrap();
    let email = EmailReceiver {
        encryption: Encryption::StartTls,
        credentials: Some(("bellwire".into(), Secret::new("let me in"))),
        ..plain(sink.address, &["ana@example.org"])
    };
    let delivery = dispatcher([(NAME, ReceiverKind::Email(email.clone()))]).send(&message("step-1")).await;
    assert!(matches!(&delivery, Delivery::Permanent { reason } if reason.contains("STARTTLS")), "{delivery:?}");
    assert!(sink.mails().is_empty());
}

#[test]
fn a_receiver_that_can_never_work_is_refused_at_once() {
    let base = plain(SocketAddr::from((Ipv4Addr::LOCALHOST, 25)), &["ana@example.org"]);
    let credentials = Some(("bellwire".into(), Secret::new("let me in")));
    for (email, expected) in [
        (EmailReceiver { credentials, ..base.clone() }, "credentials are not sent in clear"),
        (EmailReceiver { from: "nobody".into(), ..base.clone() }, "its `from` is not an address"),
        (
            EmailReceiver { encryption: Encryption::Implicit, root: Some("-----BEGIN".into()), ..base.clone() },
            "its root certificate",
        ),
    ] {
        let settings =
            Settings { external_url: None, clock: Arc::new(Default::default), links: None, slack_buttons: false };
        let receivers = receivers(Span::from_secs(1), [(NAME, ReceiverKind::Email(email))]);
        let refused = Dispatcher::new(&receivers, &Channels::new(), settings)
            .err()
            .map(|error| error.to_string())
            .unwrap_or_default();
        assert!(refused.starts_with("receiver payments/receiver: ") && refused.contains(expected), "{refused}");
        assert!(!refused.contains("let me in"));
    }
}

#[tokio::test]
async fn a_silent_server_is_given_up_and_holds_up_nobody() {
    let (silent, slack) = (SilentSmtp::start().await.unwrap(), Slack::start(&["#ops"]).await.unwrap());
    let chat = SlackReceiver::Webhook { url: Secret::new(slack.webhook_url("#ops")) };
    let mail = ReceiverKind::Email(plain(silent.address, &["ana@example.org"]));
    let dispatcher = impatient([(NAME, mail), ("chat", ReceiverKind::Slack(chat))]);
    let (mail, mut page) = (message("step-1"), message("step-1"));
    page.receiver = "chat".into();
    let mut waiting = pin!(dispatcher.send(&mail));
    tokio::select! {
        biased;
        delivery = &mut waiting => panic!("the silent server spoke: {delivery:?}"),
        delivery = dispatcher.send(&page) => assert_eq!(delivery, Delivery::Delivered { receipt: None }),
    }
    assert_eq!(waiting.await, Delivery::Retry { after: None, reason: "no answer within 1s".into() });
}

#[tokio::test]
async fn one_refused_recipient_stops_no_other_and_nobody_is_told_twice() {
    if debian::or_skip(debian::aiosmtpd()).is_none() {
        return;
    }
    let (reject, defer) = (vec!["gone@example.org".to_owned()], vec!["busy@example.org".to_owned()]);
    let server = SmtpServer::start(SmtpSettings { reject, defer, ..SmtpSettings::default() }).await.unwrap();
    let mailbox = |to: &[&str]| ReceiverKind::Email(secure(&server, Encryption::StartTls, to));
    let dispatcher = dispatcher([
        (NAME, mailbox(&["ana@example.org", "busy@example.org", "gone@example.org", "not an address"])),
        ("partly", mailbox(&["gone@example.org", "zoe@example.org"])),
        ("refused", mailbox(&["gone@example.org"])),
    ]);
    for _ in 0..3 {
        let delivery = dispatcher.send(&message("step-1")).await;
        assert!(
            matches!(&delivery, Delivery::Retry { reason, .. } if reason.contains("busy@example.org")),
            "{delivery:?}"
        );
    }
    let of = |receiver: &str| Message { receiver: receiver.into(), ..message("step-1") };
    let partly =
        receipt(&dispatcher.send(&Message { notice: NoticeId("other".into()), ..of("partly") }).await).unwrap();
    assert!(partly.contains("gone@example.org") && partly.contains("550"), "{partly}");
    let refused = dispatcher.send(&Message { notice: NoticeId("third".into()), ..of("refused") }).await;
    assert!(matches!(&refused, Delivery::Permanent { reason } if reason.contains("550")), "{refused:?}");
    let heard: Vec<Vec<String>> = server.mails().into_iter().map(|mail| mail.to).collect();
    assert_eq!(heard, [["ana@example.org"], ["zoe@example.org"]]);
}

#[tokio::test]
async fn mail_is_encrypted_and_a_wrong_password_is_final() {
    if debian::or_skip(debian::aiosmtpd()).is_none() {
        return;
    }
    for (tls, encryption) in [(TlsMode::StartTls, Encryption::StartTls), (TlsMode::Implicit, Encryption::Implicit)] {
        let server = SmtpServer::start(SmtpSettings { tls, ..SmtpSettings::default() }).await.unwrap();
        let right = secure(&server, encryption, &["ana@example.org"]);
        let wrong = EmailReceiver { credentials: Some(("bellwire".into(), Secret::new("guess"))), ..right.clone() };
        let unknown_root = EmailReceiver { root: None, ..right.clone() };
        let kinds = [(NAME, right), ("wrong", wrong), ("unknown", unknown_root)];
        let dispatcher = dispatcher(kinds.map(|(name, email)| (name, ReceiverKind::Email(email))));
        receipt(&dispatcher.send(&message("step-1")).await);
        receipt(&dispatcher.send(&message("step-2")).await);
        let refused = dispatcher.send(&Message { receiver: "wrong".into(), ..message("step-3") }).await;
        assert!(matches!(&refused, Delivery::Permanent { reason } if reason.contains("535")), "{refused:?}");
        assert_fit_for_people(&refused, &["guess"]);
        let untrusted = dispatcher.send(&Message { receiver: "unknown".into(), ..message("step-4") }).await;
        assert!(matches!(untrusted, Delivery::Retry { .. }), "{untrusted:?}");
        let mails = server.mails();
        assert!(mails.len() == 2 && mails.iter().all(|mail| mail.encrypted && mail.authenticated));
    }
}

/// Speaks SMTP until the end of a mail that it does not answer. Refuses the recipient `gone`.
async fn speak(stream: &mut BufReader<TcpStream>, unanswered: &str) -> std::io::Result<()> {
    stream.write_all(b"220 ready\r\n").await?;
    let (mut line, mut last) = (String::new(), String::new());
    while stream.read_line(&mut line).await? > 0 {
        let answer = match line.get(..4).unwrap_or(&line) {
            "DATA" => Some("354 go on\r\n"),
            "RCPT" if line.contains("gone@") => Some("550 gone\r\n"),
            "EHLO" | "MAIL" | "RCPT" | "NOOP" | "QUIT" => Some("250 ok\r\n"),
            ".\r\n" if last.contains(unanswered) => return Ok(()),
            ".\r\n" => Some("250 queued\r\n"),
            _ => None,
        };
        if line.starts_with("RCPT") {
            last.clone_from(&line);
        }
        if let Some(answer) = answer {
            stream.write_all(answer.as_bytes()).await?;
        }
        line.clear();
    }
    Ok(())
}

/// A reply that comes late must never be taken for the next message's.
#[tokio::test]
async fn a_connection_given_up_half_way_is_not_used_again_and_others_are() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let connections = AtomicUsize::new(0);
    let server = async {
        let mut held = Vec::new();
        while let Ok((stream, _)) = listener.accept().await {
            connections.fetch_add(1, Relaxed);
            let mut stream = BufReader::new(stream);
            speak(&mut stream, "late@").await.unwrap();
            held.push(stream);
        }
    };
    let mailbox = |to| ReceiverKind::Email(plain(address, &[to]));
    let names = [(NAME, "late@example.org"), ("gone", "gone@example.org"), ("ana", "ana@example.org")];
    let dispatcher = impatient(names.map(|(name, to)| (name, mailbox(to))));
    let of = |receiver: &str, key| Message { receiver: receiver.into(), ..message(key) };
    let story = async {
        assert!(matches!(dispatcher.send(&of(NAME, "step-1")).await, Delivery::Retry { .. }));
        let gone = dispatcher.send(&of("gone", "step-2")).await;
        assert!(matches!(&gone, Delivery::Permanent { reason } if reason.contains("550")), "{gone:?}");
        assert_eq!(connections.load(Relaxed), 2);
        for key in ["step-3", "step-4", "step-5"] {
            receipt(&dispatcher.send(&of("ana", key)).await);
        }
        assert_eq!(connections.load(Relaxed), 3, "one connection for three mails");
    };
    tokio::select! {
        () = server => panic!("the listener closed"),
        () = story => {}
    }
}
