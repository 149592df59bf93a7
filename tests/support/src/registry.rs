//! The real registry of Docker, for OCI artifacts: open to everybody, behind a password, or behind tokens of a service.

use crate::{
    debian::Program,
    observed::Observed,
    process::StartError,
    prometheus::Part,
    script::{Fault, Script, Turn},
    serve::{Outcome, Reply, Request, Server},
};
use base64::{Engine as _, prelude::BASE64_STANDARD, prelude::BASE64_URL_SAFE_NO_PAD};
use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256, SigningKey as _};
use serde_json::{Value, json};
use std::{path::Path, sync::Arc, time::SystemTime};

/// Who may pull and push.
pub const USER: &str = "anna";
pub const PASSWORD: &str = "open sesame";
/// As `htpasswd -B` makes it of [`PASSWORD`].
const PASSWORD_FILE: &str = "anna:$2b$05$abcdefghijklmnopqrstuupx2xBUC4954936wVIjyyPHmUBFu0wCW\n";
const SERVICE: &str = "registry.test";
const ISSUER: &str = "tokens.test";
const TOKEN_PATH: &str = "/token";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    Open,
    /// The challenge `Basic`.
    Password,
    /// The challenge `Bearer`: a service with the same password gives tokens that the registry checks.
    Tokens,
}

pub struct Registry {
    part: Part,
    _tokens: Option<Tokens>,
}

impl Registry {
    pub async fn start(access: Access) -> Result<Self, StartError> {
        let io = |source| StartError::Io { program: "docker-registry", source };
        let tokens = match access {
            Access::Tokens => Some(Tokens::start().await.map_err(io)?),
            Access::Open | Access::Password => None,
        };
        let configure = |folder: &Path| {
            std::fs::write(folder.join("password"), PASSWORD_FILE)?;
            if let Some(tokens) = &tokens {
                std::fs::write(folder.join("tokens.pem"), &tokens.certificate)?;
            }
            Ok(())
        };
        let arguments = |folder: &Path, port: u16| {
            let config = config(folder, port, access, tokens.as_ref()).to_string();
            let file = folder.join("registry.yml");
            // A file that is missing is in the log of the registry, which does not start then.
            drop(std::fs::write(&file, config));
            vec!["serve".to_owned(), file.display().to_string()]
        };
        let part = Part::start(Program::Registry, "listening on", configure, arguments).await?;
        Ok(Self { part, _tokens: tokens })
    }

    /// `127.0.0.1:PORT`, as a reference begins.
    pub fn address(&self) -> String {
        self.part.address()
    }

    pub fn log(&self) -> String {
        self.part.log()
    }
}

/// JSON is YAML, and quotes itself.
fn config(folder: &Path, port: u16, access: Access, tokens: Option<&Tokens>) -> Value {
    let mut config = json!({
        "version": 0.1,
        "log": { "level": "info" },
        "storage": { "filesystem": { "rootdirectory": folder.join("data") } },
        "http": { "addr": format!("127.0.0.1:{port}"), "secret": "of this test" },
    });
    match (access, tokens) {
        (Access::Password, _) => {
            config["auth"] = json!({ "htpasswd": { "realm": "test", "path": folder.join("password") } });
        }
        (Access::Tokens, Some(tokens)) => {
            config["auth"] = json!({ "token": {
                "realm": tokens.server.url(TOKEN_PATH),
                "service": SERVICE,
                "issuer": ISSUER,
                "rootcertbundle": folder.join("tokens.pem"),
            } });
        }
        (Access::Open | Access::Tokens, _) => {}
    }
    config
}

/// A service that gives tokens, as the registry's specification has it: signed by a key that the registry knows.
struct Tokens {
    server: Server,
    /// PEM.
    certificate: String,
}

impl Tokens {
    async fn start() -> std::io::Result<Self> {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(std::io::Error::other)?;
        let params = CertificateParams::new([ISSUER.to_owned()]).map_err(std::io::Error::other)?;
        let certificate = params.self_signed(&key).map_err(std::io::Error::other)?;
        let signer = Arc::new((key, BASE64_STANDARD.encode(certificate.der())));
        let server = Server::start(move |request| give(request, Arc::clone(&signer))).await?;
        Ok(Self { server, certificate: certificate.pem() })
    }
}

async fn give(request: Request, signer: Arc<(KeyPair, String)>) -> Outcome {
    let credentials = BASE64_STANDARD.encode(format!("{USER}:{PASSWORD}"));
    if request.path != TOKEN_PATH || request.header("authorization") != format!("Basic {credentials}") {
        return Some(Reply::json(401, &json!({ "details": "incorrect username or password" })));
    }
    let (key, certificate) = &*signer;
    let Some(token) = token(&request.query, key, certificate) else {
        return Some(Reply::json(400, &json!({ "details": "no service or no scope" })));
    };
    Some(Reply::json(200, &json!({ "token": token })))
}

/// A JSON Web Token for what the scope asks for: `repository:acme/on-fire:pull,push`.
fn token(query: &str, key: &KeyPair, certificate: &str) -> Option<String> {
    let asked = |name: &str| url::form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name);
    let (_, service) = asked("service")?;
    let (_, scope) = asked("scope")?;
    let mut parts = scope.split(':');
    let (kind, name, actions) = (parts.next()?, parts.next()?, parts.next()?);
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).ok()?.as_secs();
    let header = json!({ "typ": "JWT", "alg": "ES256", "x5c": [certificate] });
    let claims = json!({
        "iss": ISSUER, "sub": USER, "aud": service, "exp": now + 300, "nbf": now - 10, "iat": now, "jti": "1",
        "access": [{ "type": kind, "name": name, "actions": actions.split(',').collect::<Vec<_>>() }],
    });
    let encode = |value: Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", encode(header), encode(claims));
    let signature = fixed(&key.sign(signed.as_bytes()).ok()?)?;
    Some(format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature)))
}

/// A signature as JWT has it, two numbers of 32 bytes, of one as certificates have it: a DER sequence of two integers.
fn fixed(der: &[u8]) -> Option<Vec<u8>> {
    let mut rest = der.get(2..)?;
    let mut fixed = Vec::new();
    for _ in 0..2 {
        let [0x02, length, behind @ ..] = rest else { return None };
        let (number, next) = behind.split_at_checked(usize::from(*length))?;
        let number = number.strip_prefix(&[0]).unwrap_or(number);
        fixed.extend(std::iter::repeat_n(0, 32_usize.checked_sub(number.len())?));
        fixed.extend_from_slice(number);
        rest = next;
    }
    Some(fixed)
}

/// A registry that says what the real one would not: each answer is given, by path.
pub struct BadRegistry {
    server: Server,
    script: Script,
    asked: Observed<Vec<String>>,
}

impl BadRegistry {
    /// `answers`: path, status, body.
    pub async fn start(answers: Vec<(String, u16, Vec<u8>)>) -> std::io::Result<Self> {
        let (script, asked) = (Script::default(), Observed::<Vec<String>>::default());
        let (faults, seen, answers) = (script.clone(), asked.clone(), Arc::new(answers));
        let server = Server::start(move |request| {
            let (faults, seen, answers) = (faults.clone(), seen.clone(), Arc::clone(&answers));
            async move {
                seen.change(|seen| seen.push(request.path.clone()));
                match faults.play(&request.path).await {
                    Turn::Act | Turn::ActUnheard => {}
                    Turn::Answer(reply) => return Some(reply),
                    Turn::Cut => return None,
                }
                let answer = answers.iter().find(|(path, ..)| *path == request.path);
                let (status, body) = answer.map_or((404, Vec::new()), |(_, status, body)| (*status, body.clone()));
                Some(Reply::new(status, "application/octet-stream", body))
            }
        });
        Ok(Self { server: server.await?, script, asked })
    }

    /// `127.0.0.1:PORT`, as a reference begins.
    pub fn address(&self) -> String {
        self.server.address.to_string()
    }

    /// The next requests to this path meet these faults.
    pub fn script(&self, path: &str, faults: impl IntoIterator<Item = Fault>) {
        self.script.next(path, faults);
    }

    /// Every path that was asked for, in order.
    pub fn asked(&self) -> Vec<String> {
        self.asked.read(Vec::clone)
    }
}
