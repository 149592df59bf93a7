//! Over a real socket: limits of connections and time, TLS, and a stop that loses nothing.

use crate::world::{ALERTS, InMemory, WEBHOOK, served};
use bellwire_http::{Settings, Tls};
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::Semaphore,
};

const SOON: Duration = Duration::from_millis(100);

fn request(path: &str, body: &str, more: &str) -> String {
    let length = body.len();
    format!(
        "POST {path} HTTP/1.1\r\nHost: b\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n{more}\r\n{body}"
    )
}

/// Sends, and reads until the server closes.
async fn exchange(address: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    read(&mut stream).await
}

async fn read(stream: &mut TcpStream) -> String {
    let mut reply = Vec::new();
    stream.read_to_end(&mut reply).await.unwrap();
    String::from_utf8_lossy(&reply).into_owned()
}

#[tokio::test]
async fn answers_over_a_socket_and_stops() {
    let backend = Arc::new(InMemory::new());
    served(Settings::default(), None, backend.clone(), async |address, stop| {
        let body = r#"[{"labels":{"alertname":"A"}}]"#;
        let reply = exchange(address, request(ALERTS, body, "Connection: close\r\n").as_bytes()).await;
        assert!(reply.starts_with("HTTP/1.1 200 OK\r\n"), "{reply}");
        stop.send(()).unwrap();
    })
    .await;
    assert_eq!(backend.taken().len(), 1);
}

#[tokio::test]
async fn a_body_of_64_mib_is_heard_out_and_refused() {
    served(Settings::default(), None, Arc::new(InMemory::new()), async |address, stop| {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let head = format!("POST {WEBHOOK} HTTP/1.1\r\nHost: b\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n", 64 << 20);
        stream.write_all(head.as_bytes()).await.unwrap();
        for _ in 0..64 {
            stream.write_all(&vec![b' '; 1 << 20]).await.unwrap();
        }
        let reply = read(&mut stream).await;
        assert!(reply.starts_with("HTTP/1.1 413 ") && reply.contains("16777216 bytes (body_bytes_max)"), "{reply}");
        stop.send(()).unwrap();
    })
    .await;
}

#[tokio::test]
async fn the_slow_are_let_go() {
    let backend = InMemory { answers: Semaphore::new(0), ..InMemory::new() };
    let settings =
        Settings { header_time_max: SOON, body_time_max: SOON, request_time_max: 3 * SOON, ..Settings::default() };
    served(settings, None, Arc::new(backend), async |address, stop| {
        let whole = request(ALERTS, r#"[{"labels":{"a":"b"}}]"#, "");
        let (silent, half_a_head, half_a_body, stuck) = tokio::join!(
            exchange(address, b""),
            exchange(address, b"POST /api/v2/alerts HTTP/1.1\r\nHost: b\r\n"),
            exchange(address, b"POST /api/v2/alerts HTTP/1.1\r\nHost: b\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n["),
            exchange(address, whole.as_bytes()),
        );
        assert!(silent.is_empty() || silent.starts_with("HTTP/1.1 408 "), "{silent}");
        assert!(half_a_head.is_empty() || half_a_head.starts_with("HTTP/1.1 408 "), "{half_a_head}");
        assert!(half_a_body.starts_with("HTTP/1.1 408 ") && half_a_body.contains("the body took longer"), "{half_a_body}");
        assert!(stuck.starts_with("HTTP/1.1 503 ") && stuck.contains("retry-after: 1"), "{stuck}");
        stop.send(()).unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_connection_beyond_the_limit_waits_its_turn() {
    let settings = Settings { connections_max: 1, ..Settings::default() };
    served(settings, None, Arc::new(InMemory::new()), async |address, stop| {
        let mut first = TcpStream::connect(address).await.unwrap();
        first.write_all(request(ALERTS, "[]", "").as_bytes()).await.unwrap();
        first.read_u8().await.unwrap();
        let mut second = TcpStream::connect(address).await.unwrap();
        second.write_all(request(ALERTS, "[]", "Connection: close\r\n").as_bytes()).await.unwrap();
        assert!(tokio::time::timeout(SOON, second.read_u8()).await.is_err(), "it was answered beyond the limit");
        drop(first);
        assert!(read(&mut second).await.starts_with("HTTP/1.1 200 OK\r\n"));
        stop.send(()).unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_stop_waits_for_requests_under_way() {
    let backend = Arc::new(InMemory { answers: Semaphore::new(0), ..InMemory::new() });
    served(Settings::default(), None, backend.clone(), async |address, stop| {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(request(ALERTS, r#"[{"labels":{"a":"b"}}]"#, "").as_bytes()).await.unwrap();
        while backend.taken().is_empty() {
            tokio::task::yield_now().await;
        }
        stop.send(()).unwrap();
        while TcpStream::connect(address).await.is_ok() {
            tokio::task::yield_now().await;
        }
        backend.answers.add_permits(1);
        assert!(read(&mut stream).await.starts_with("HTTP/1.1 200 OK\r\n"), "it was accepted, so it is answered");
    })
    .await;
}

#[tokio::test]
async fn tls_shakes_hands_and_takes_a_new_certificate() {
    let made = || rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let (old, new) = (made(), made());
    let pem = |made: &rcgen::CertifiedKey<rcgen::KeyPair>| (made.cert.pem(), made.signing_key.serialize_pem());
    let tls = Tls::from_pem(pem(&old).0.as_bytes(), pem(&old).1.as_bytes()).unwrap();
    rustls::crypto::ring::default_provider().install_default().unwrap();
    let status = async |address: SocketAddr, trusted: &rcgen::CertifiedKey<rcgen::KeyPair>| {
        let root = reqwest::Certificate::from_pem(pem(trusted).0.as_bytes()).unwrap();
        let client = reqwest::Client::builder().tls_certs_only([root]).build().unwrap();
        client
            .get(format!("https://localhost:{}/-/healthy", address.port()))
            .send()
            .await
            .map(|reply| reply.status().as_u16())
    };
    served(Settings::default(), Some(tls.clone()), Arc::new(InMemory::new()), async |address, stop| {
        assert_eq!(status(address, &old).await.unwrap(), 200);
        assert!(status(address, &new).await.is_err(), "another certificate is not trusted");
        assert!(
            tls.replace(b"nonsense", b"").is_err()
                && tls.replace(pem(&new).0.as_bytes(), pem(&old).1.as_bytes()).is_err()
        );
        assert_eq!(status(address, &old).await.unwrap(), 200, "a certificate that is none changes nothing");
        tls.replace(pem(&new).0.as_bytes(), pem(&new).1.as_bytes()).unwrap();
        assert_eq!(status(address, &new).await.unwrap(), 200);
        let plain = exchange(address, b"GET /-/healthy HTTP/1.1\r\n\r\n").await;
        assert!(!plain.contains("200"), "nothing is said in clear: {plain}");
        stop.send(()).unwrap();
    })
    .await;
}
