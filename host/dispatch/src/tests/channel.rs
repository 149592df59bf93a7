//! What a channel's plugin may have the host do, and what it learns of it.

use super::*;
use crate::{Asking, Channel};
use bellwire_core::{
    AllowedHost, ChannelMessage, ChannelReceiver, ChannelRequest, ChannelResponse, ChannelStep, Part, PluginFault,
    Secret,
};
use bellwire_support::echo::Echo;
use std::sync::Mutex;

const TOKEN: &str = "123:s3cr3t/token";

/// A plugin that keeps what it was told.
struct Plugin<F> {
    answer: F,
    told: Mutex<Vec<(Arc<ChannelMessage>, Vec<ChannelResponse>)>>,
}

impl<F> Channel for Plugin<F>
where
    F: Fn(&ChannelMessage, &[ChannelResponse]) -> Result<ChannelStep, PluginFault> + Send + Sync,
{
    fn next(&self, _: Arc<str>, message: Arc<ChannelMessage>, responses: Vec<ChannelResponse>) -> Asking<'_> {
        let answer = (self.answer)(&message, &responses);
        self.told.lock().unwrap().push((message, responses));
        Box::pin(std::future::ready(answer))
    }
}

fn plugin<F>(answer: F) -> Arc<Plugin<F>>
where
    F: Fn(&ChannelMessage, &[ChannelResponse]) -> Result<ChannelStep, PluginFault> + Send + Sync,
{
    Arc::new(Plugin { answer, told: Mutex::default() })
}

fn receiver(echo: &Echo) -> ChannelReceiver {
    ChannelReceiver {
        plugin: "paper".into(),
        settings: "{}".into(),
        secrets: BTreeMap::from([("token".into(), Secret::new(TOKEN)), ("url".into(), Secret::new(echo.url("/all")))]),
        hosts: vec![AllowedHost { host: "127.0.0.1".into(), port: echo.port(), plain: true }],
    }
}

fn speaking(echo: &Echo, plugin: Arc<dyn Channel>) -> Dispatcher {
    let receivers = receivers(Span::from_secs(60), [(NAME, ReceiverKind::Channel(receiver(echo)))]);
    Dispatcher::new(&receivers, &Channels::from([(NAME.into(), plugin)]), settings()).unwrap()
}

fn text(text: impl Into<String>) -> Part {
    Part::Text(text.into())
}

fn secret(name: &str) -> Part {
    Part::Secret(name.to_owned())
}

fn post(echo: &Echo, path: &str) -> ChannelRequest {
    ChannelRequest { method: "POST".into(), url: vec![text(echo.url(path))], headers: Vec::new(), body: Vec::new() }
}

/// What becomes of a message whose plugin makes this request and would then be content.
async fn sending(echo: &Echo, request: ChannelRequest) -> Delivery {
    let plugin = plugin(move |_, responses| match responses {
        [] => Ok(ChannelStep::Send(request.clone())),
        [_, ..] => Ok(ChannelStep::Delivered { receipt: None }),
    });
    speaking(echo, plugin).send(&message("step-1")).await
}

fn permanent(delivery: Delivery) -> String {
    assert_fit_for_people(&delivery, &[TOKEN]);
    let Delivery::Permanent { reason } = delivery else { panic!("{delivery:?}") };
    reason
}

#[tokio::test]
async fn requests_go_out_with_secrets_and_answers_come_back_without() {
    let echo = Echo::start().await.unwrap();
    let base = echo.url("");
    let plugin = plugin(move |_, responses| match responses {
        [] => Ok(ChannelStep::Send(ChannelRequest {
            method: "POST".into(),
            url: vec![text(format!("{base}/bot")), secret("token"), text("/send?x=1#fragment")],
            headers: vec![
                ("Authorization".into(), vec![text("Bearer "), secret("token")]),
                ("x-title".into(), vec![text("grüße")]),
            ],
            body: vec![text("{\"chat\":"), secret("token"), text("}")],
        })),
        [_] => Ok(ChannelStep::Send(ChannelRequest {
            method: "PUT".into(),
            url: vec![secret("url")],
            headers: Vec::new(),
            body: Vec::new(),
        })),
        [_, second, ..] => Ok(ChannelStep::Delivered { receipt: Some(second.status.to_string()) }),
    });
    let delivery = speaking(&echo, plugin.clone()).send(&message("step-1")).await;
    assert_eq!(receipt(&delivery).as_deref(), Some("200"));

    let seen = echo.seen();
    assert!(seen[0].starts_with(&format!("POST /bot{TOKEN}/send?x=1\n")), "{}", seen[0]);
    assert!(seen[0].contains(&format!("authorization: Bearer {TOKEN}\n")), "{}", seen[0]);
    assert!(seen[0].contains("x-title: grüße\n") && seen[0].contains("user-agent: Bellwire/"), "{}", seen[0]);
    assert!(seen[0].ends_with(&format!("\n\n{{\"chat\":{TOKEN}}}")), "{}", seen[0]);
    assert!(seen[1].starts_with("PUT /all\n"), "{}", seen[1]);

    let told = plugin.told.lock().unwrap();
    let responses = &told[2].1;
    assert!(responses[0].body.starts_with("POST /bot[secret]/send?x=1\n"), "{}", responses[0].body);
    let header = responses[0].headers.iter().find(|(name, _)| name == "x-path").unwrap();
    assert_eq!(header.1, "/bot[secret]/send");
    assert!(!format!("{responses:?}").contains("s3cr3t"), "{responses:?}");
    assert!(responses[1].body.starts_with("PUT [secret]\n"), "the path of a secret URL: {}", responses[1].body);
    let message = &told[0].0;
    insta::assert_snapshot!(format!("{}\n---\n{}\n---\n{:#?}", message.title, message.text, message.links), @r#"
    P1 InstanceDown: web-1 is down (1 alert) · payments-42
    ---
    P1 InstanceDown: web-1 is down (1 alert) · payments-42

    step 1: the on-call team

    Where:  web-1
    Since:  2026-11-21 03:12 UTC, just now
    Why:    severity is critical
    Told:   payments/mail (delivered)

    1 firing, 0 resolved
    - firing: InstanceDown on web-1: web-1 is down

    Runbook:   https://runbooks.example/InstanceDown
    Rule:      https://prometheus.example/graph
    Incident:  https://bellwire.example/incidents/payments-42
    Ack:       bellwire incidents ack payments-42

    ---
    [
        ChannelLink {
            name: "incident",
            url: "https://bellwire.example/incidents/payments-42",
        },
        ChannelLink {
            name: "runbook",
            url: "https://runbooks.example/InstanceDown",
        },
        ChannelLink {
            name: "generator",
            url: "https://prometheus.example/graph",
        },
    ]
    "#);
}

#[tokio::test]
async fn a_request_goes_nowhere_but_to_its_hosts() {
    let echo = Echo::start().await.unwrap();
    let port = echo.port();
    let to = |url: String| ChannelRequest { url: vec![text(url)], ..post(&echo, "/") };
    for (url, why) in [
        (format!("http://localhost:{port}/"), format!("http://localhost:{port}")),
        (format!("http://127.0.0.1:{}/", port ^ 1), format!("http://127.0.0.1:{}", port ^ 1)),
        (format!("https://127.0.0.1:{port}/"), format!("127.0.0.1:{port}")),
        ("http://127.0.0.1/".into(), "http://127.0.0.1".into()),
        ("https://169.254.169.254/latest".into(), "169.254.169.254".into()),
        (format!("http://127.0.0.1:{port}@example.com/"), "into a URL".into()),
        (format!("http://user@127.0.0.1:{port}/"), "into a URL".into()),
        (format!("http://:password@127.0.0.1:{port}/"), "into a URL".into()),
        (format!("ftp://127.0.0.1:{port}/"), "https:// or http://".into()),
        ("file:///etc/passwd".into(), "https:// or http://".into()),
        ("/relative".into(), "no URL".into()),
        (String::new(), "no URL".into()),
    ] {
        let reason = permanent(sending(&echo, to(url.clone())).await);
        assert!(reason.starts_with("the plugin paper ") && reason.contains(&why), "{url}: {reason}");
    }
    // A secret is no way around it, and is not told by what is refused.
    for url in
        [vec![text("https://"), secret("token"), text(".example.com/")], vec![text("https://x/"), secret("none")]]
    {
        permanent(sending(&echo, ChannelRequest { url, ..post(&echo, "/") }).await);
    }
    let shouted = ChannelRequest { url: vec![text("https://"), secret("name")], ..post(&echo, "/") };
    let mut receivers = receivers(Span::from_secs(60), [(NAME, ReceiverKind::Channel(receiver(&echo)))]);
    let ReceiverKind::Channel(channel) = &mut receivers.get_mut(NAME).unwrap().kind else { panic!("no channel") };
    channel.secrets.insert("name".into(), Secret::new("S3CRET"));
    let plugin = plugin(move |_, _| Ok(ChannelStep::Send(shouted.clone())));
    let dispatcher = Dispatcher::new(&receivers, &Channels::from([(NAME.into(), plugin as _)]), settings()).unwrap();
    let reason = permanent(dispatcher.send(&message("step-1")).await);
    assert!(!reason.to_lowercase().contains("s3cret"), "{reason}");
    assert_eq!(echo.seen(), Vec::<String>::new());
    // The same host however it is written.
    let hex = to(format!("HTTP://0x7f.1:{port}/a/../b"));
    receipt(&sending(&echo, hex).await);
    assert!(echo.seen()[0].starts_with("POST /b\n"), "{}", echo.seen()[0]);
}

#[tokio::test]
async fn what_no_request_may_have_is_refused() {
    let echo = Echo::start().await.unwrap();
    let fine = post(&echo, "/");
    let header =
        |name: &str, value: Part| ChannelRequest { headers: vec![(name.to_owned(), vec![value])], ..fine.clone() };
    let many = |count: usize| (0..count).map(|number| (format!("x-{number}"), vec![text("1")])).collect();
    let sized = |bytes: usize| ChannelRequest { body: vec![text("x".repeat(bytes))], ..fine.clone() };
    for (request, why) in [
        (ChannelRequest { method: "CONNECT".into(), ..fine.clone() }, "\"CONNECT\""),
        (ChannelRequest { method: "post".into(), ..fine.clone() }, "\"post\""),
        (header("Host", text("example.com")), "host"),
        (header("Content-Length", text("0")), "content-length"),
        (header("Transfer-Encoding", text("chunked")), "transfer-encoding"),
        (header("Connection", text("close")), "connection"),
        (header("Proxy-Authorization", secret("token")), "proxy-authorization"),
        (header("a b", text("1")), "\"a b\""),
        (header("x-a", text("1\r\nHost: example.com")), "\"x-a\""),
        (header("x-a", secret("nothing")), "`nothing`"),
        (header("x-a", text("1".repeat(9_000))), "9000 bytes"),
        (ChannelRequest { headers: many(33), ..fine.clone() }, "33 headers"),
        (sized((1 << 20) + 1), "1048577 bytes"),
        (ChannelRequest { url: vec![text(echo.url(&format!("/{}", "a".repeat(9_000))))], ..fine.clone() }, "URL"),
    ] {
        let reason = permanent(sending(&echo, request).await);
        assert!(reason.starts_with("the plugin paper ") && reason.contains(why), "{why}: {reason}");
    }
    assert_eq!(echo.seen(), Vec::<String>::new());
    receipt(&sending(&echo, sized(1 << 20)).await);
    receipt(&sending(&echo, ChannelRequest { headers: many(32), ..fine.clone() }).await);
    for method in ["GET", "PUT", "PATCH", "DELETE"] {
        receipt(&sending(&echo, ChannelRequest { method: method.into(), ..fine.clone() }).await);
        assert!(echo.seen().last().unwrap().starts_with(method));
    }
}

#[tokio::test]
async fn what_the_plugin_says_is_what_becomes_of_it() {
    let echo = Echo::start().await.unwrap();
    let say = async |step: ChannelStep| {
        let plugin = plugin(move |_, _| Ok(step.clone()));
        speaking(&echo, plugin).send(&Message { page: false, ..message("step-1") }).await
    };
    let after = Some(Span::from_secs(9));
    let retry = say(ChannelStep::Retry { after, reason: format!("not\nnow, {TOKEN}") }).await;
    assert_eq!(retry, Delivery::Retry { after, reason: "not now, [secret]".into() });
    let delivered = ChannelStep::Delivered { receipt: Some("7".into()) };
    assert_eq!(say(delivered).await, Delivery::Delivered { receipt: Some("7".into()) });
    assert_eq!(permanent(say(ChannelStep::Permanent { reason: "chat not found".into() }).await), "chat not found");
    let silent = permanent(say(ChannelStep::Permanent { reason: " \n".into() }).await);
    assert_eq!(silent, "the plugin paper gave no reason");
    permanent(say(ChannelStep::Permanent { reason: "x".repeat(5_000) }).await);
}

#[tokio::test]
async fn a_plugin_that_fails_or_goes_on_for_ever_is_given_up_at_once() {
    let echo = Echo::start().await.unwrap();
    let broken = plugin(|_, _| Err(PluginFault::OutOfFuel(50)));
    let reason = permanent(speaking(&echo, broken).send(&message("step-1")).await);
    assert_eq!(reason, "the plugin paper gave no answer: the plugin used up its fuel (50 units)");
    let request = post(&echo, "/again");
    let endless = plugin(move |_, _| Ok(ChannelStep::Send(request.clone())));
    let reason = permanent(speaking(&echo, endless).send(&message("step-1")).await);
    assert_eq!(reason, "the plugin paper asks for more than 4 requests in one attempt");
    assert_eq!(echo.seen().len(), 4);
}

#[tokio::test]
async fn a_page_that_was_not_sent_has_not_arrived() {
    let echo = Echo::start().await.unwrap();
    let liar = plugin(|_, _| Ok(ChannelStep::Delivered { receipt: None }));
    let dispatcher = speaking(&echo, liar);
    let page = Message { page: true, ..message("step-1") };
    let reason = permanent(dispatcher.send(&page).await);
    assert_eq!(reason, "the plugin paper says that a page has arrived, and has sent nothing");
    for other in [Message { page: false, ..page.clone() }, Message { kind: NoticeKind::Resolved, ..page }] {
        assert_eq!(dispatcher.send(&other).await, Delivery::Delivered { receipt: None });
    }
}

#[tokio::test]
async fn a_service_that_gives_no_answer_is_asked_again_by_the_host() {
    let echo = Echo::start().await.unwrap();
    let path = format!("/{TOKEN}");
    echo.script(&path, [Fault::Cut, Fault::Unavailable { status: 429, retry_after_seconds: 7 }]);
    let delivery =
        sending(&echo, ChannelRequest { url: vec![text(echo.url("/")), secret("token")], ..post(&echo, "/") });
    let delivery = delivery.await;
    assert!(matches!(delivery, Delivery::Retry { after: None, .. }), "{delivery:?}");
    assert_fit_for_people(&delivery, &[TOKEN]);
    // `Retry-After` is the host's business, unless the plugin knows better.
    let request = ChannelRequest { url: vec![text(echo.url("/")), secret("token")], ..post(&echo, "/") };
    let patient = plugin(move |_, responses| match responses {
        [] => Ok(ChannelStep::Send(request.clone())),
        [response, ..] => Ok(ChannelStep::Retry { after: None, reason: response.status.to_string() }),
    });
    let delivery = speaking(&echo, patient).send(&message("step-1")).await;
    assert_eq!(delivery, Delivery::Retry { after: Some(Span::from_secs(7)), reason: "429".into() });
}

#[tokio::test]
async fn a_long_answer_is_cut() {
    let echo = Echo::start().await.unwrap();
    let request = ChannelRequest { body: vec![text("🔥".repeat(30_000))], ..post(&echo, "/") };
    let plugin = plugin(move |_, responses| match responses {
        [] => Ok(ChannelStep::Send(request.clone())),
        [response, ..] => Ok(ChannelStep::Delivered { receipt: Some(response.body.len().to_string()) }),
    });
    let bytes = receipt(&speaking(&echo, plugin).send(&message("step-1")).await).unwrap();
    let bytes: usize = bytes.parse().unwrap();
    assert!((60_000..=64 * 1024).contains(&bytes), "{bytes}");
}

#[tokio::test]
async fn of_many_at_once_nothing_is_there_to_edit() {
    let echo = Echo::start().await.unwrap();
    let plugin = plugin(|_, _| Ok(ChannelStep::Delivered { receipt: None }));
    let dispatcher = speaking(&echo, plugin.clone());
    let earlier = earlier(&message("step-1"), &Delivery::Delivered { receipt: Some("1".into()) });
    let one = Message { earlier: vec![earlier], page: false, ..message("step-2") };
    let many = Message { earlier: one.earlier.clone(), page: false, ..bundle("step-2", NoticeKind::Decided) };
    for message in [one, many] {
        receipt(&dispatcher.send(&message).await);
    }
    let told = plugin.told.lock().unwrap();
    assert_eq!((told[0].0.message.earlier.len(), told[1].0.message.earlier.len()), (1, 0));
    let incident = |index: usize| told[index].0.links.iter().find(|link| link.name == "incident").unwrap().url.clone();
    assert_eq!(incident(0), "https://bellwire.example/incidents/payments-42");
    assert_eq!(incident(1), "https://bellwire.example/incidents?team=payments&state=open");
}

#[tokio::test]
async fn a_report_is_refused_with_words() {
    let echo = Echo::start().await.unwrap();
    let plugin = plugin(|_, _| Ok(ChannelStep::Delivered { receipt: None }));
    let refused = speaking(&echo, plugin).send_report(NAME, &letter()).await;
    assert!(permanent(refused).contains("takes no reports"));
}
